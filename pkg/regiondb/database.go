// Package regiondb works on region_config, DistrictBuilder's table of regions: it finds rows, bumps their versions,
// sets a URI, and counts maps. Rows are addressed by id: several may share country and region code.
package regiondb

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

// How long PostgreSQL may take. All of it fits into one invocation of a function (60 s), and into the state machine's patience.
const (
	connectTimeout   = 10 * time.Second
	statementTimeout = "15s"
	lockTimeout      = "5s"
	idleTimeout      = "30s" // of a transaction whose function was frozen or killed: its locks go
)

// Database is one environment's database. It connects when it is used and keeps nothing open in between:
// a function is frozen between calls, and a secret or token may have changed by the next one.
type Database struct {
	host  string
	port  uint16
	name  string
	roots *x509.CertPool // nil: the system's
	login login
}

// login says who connects.
type login interface {
	// credentials returns the user and the password, or a token in its place, for one connection.
	credentials(ctx context.Context) (user, password string, err error)
}

// transaction runs work in one transaction. It commits only if work returns no error.
func (d *Database) transaction(ctx context.Context, options pgx.TxOptions, work func(pgx.Tx) error) error {
	conn, err := d.connect(ctx)
	if err != nil {
		return named(fmt.Errorf("connect to database %s at %s: %w", d.name, d.host, err))
	}
	// The answer is known by now; a client that is slow to say goodbye must not change it.
	defer func() {
		goodbye, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(goodbye)
	}()
	return named(pgx.BeginTxFunc(ctx, conn, options, work))
}

// connect tries twice when the server refuses the credentials: a secret may be rotated between reading it and using it.
func (d *Database) connect(ctx context.Context) (*pgx.Conn, error) {
	conn, err := d.try(ctx)
	if refused(err) {
		conn, err = d.try(ctx)
	}
	return conn, err
}

func (d *Database) try(ctx context.Context) (*pgx.Conn, error) {
	config, err := d.config(ctx)
	if err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, config)
}

// config is made by hand after parsing: nothing comes from PG* variables, and the password is never part of a text.
func (d *Database) config(ctx context.Context) (*pgx.ConnConfig, error) {
	user, password, err := d.login.credentials(ctx)
	if err != nil {
		return nil, err
	}
	config, err := pgx.ParseConfig("sslmode=verify-full")
	if err != nil {
		return nil, fmt.Errorf("make a connection's configuration: %w", err)
	}
	config.Host, config.Port, config.Database = d.host, d.port, d.name
	config.User, config.Password = user, password
	config.TLSConfig = &tls.Config{RootCAs: d.roots, ServerName: d.host, MinVersion: tls.VersionTLS12}
	config.Fallbacks = nil
	config.ConnectTimeout = connectTimeout
	config.RuntimeParams = map[string]string{
		"application_name": "districtbuilder-ops", "timezone": "UTC",
		"statement_timeout": statementTimeout, "lock_timeout": lockTimeout, "idle_in_transaction_session_timeout": idleTimeout,
	}
	return config, nil
}

// The SQLSTATE codes that are told apart.
const (
	invalidPassword      = "28P01"
	invalidAuthorization = "28000"
	uniqueViolation      = "23505"
	lockNotAvailable     = "55P03"
	queryCanceled        = "57014" // the statement timeout
	readOnly             = "25006" // connected to the old primary after a failover
)

// refused reports whether the server did not accept the user and password.
func refused(err error) bool {
	state := sqlState(err)
	return state == invalidPassword || state == invalidAuthorization
}

func sqlState(err error) string {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		return answer.Code
	}
	return ""
}

// named gives a database's failure the name Unavailable if a later attempt may succeed.
func named(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := fault.NameOf(err); ok || !passing(err) {
		return err
	}
	return fault.New(fault.Unavailable, "%w", err)
}

// passing reports whether an error of the database goes by itself. Every transaction here may be repeated,
// so a commit whose answer was lost is one of them. Refused credentials pass when a rotation is complete.
func passing(err error) bool {
	if state := sqlState(err); state != "" {
		switch state[:2] {
		case "08", "40", "53", "57": // connection, serialization or deadlock, resources, shutdown or cancellation
			return true
		}
		return state == lockNotAvailable || state == readOnly || refused(err)
	}
	if untrusted := new(tls.CertificateVerificationError); errors.As(err, &untrusted) {
		return false
	}
	// Without an answer of the server there was none: refused, reset, timed out.
	var connecting *pgconn.ConnectError
	return errors.As(err, &connecting) || pgconn.Timeout(err) || pgconn.SafeToRetry(err) || broken(err)
}

// broken reports whether the connection ended while an answer was awaited.
func broken(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
