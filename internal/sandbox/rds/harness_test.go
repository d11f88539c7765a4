package rds

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/publicmapping/districtbuilder-ops/internal/certificate"
	"github.com/publicmapping/districtbuilder-ops/internal/postgres"
)

var server *postgres.Server

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if server, err = postgres.Start(context.Background(), ""); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer server.Close()
		if err := makeRole(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// makeRole makes rds_iam, which RDS has from the beginning.
func makeRole(ctx context.Context) error {
	made, err := server.CreateDatabase(ctx, "rds_iam")
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, made.URL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN CREATE ROLE rds_iam; END IF; END $$`)
	return err
}

// keys is an owner of credentials.
type keys aws.Credentials

func (k keys) Retrieve(context.Context) (aws.Credentials, error) { return aws.Credentials(k), nil }

var (
	operator = keys{AccessKeyID: "AKIAOPERATOR", SecretAccessKey: "operator-secret"}
	session  = keys{AccessKeyID: "ASIASESSION", SecretAccessKey: "session-secret", SessionToken: "a session"}
	stranger = keys{AccessKeyID: "AKIASTRANGER", SecretAccessKey: "stranger-secret"}
)

// world is a database with logins, and a server in front of it.
type world struct {
	t                        *testing.T
	server                   *Server
	database                 string
	id                       certificate.Identity
	admin                    *pgxpool.Pool
	member, through, outside string // logins: a member of rds_iam, one through another role, and one that is none
}

const password = "the password"

var worlds atomic.Int32

func newWorld(t *testing.T, change ...func(*Config)) *world {
	t.Helper()
	n := worlds.Add(1)
	made, err := server.CreateDatabase(t.Context(), fmt.Sprintf("rds_%d", n))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, database: made.Name, member: made.Name + "_member", through: made.Name + "_through", outside: made.Name + "_outside"}
	if w.admin, err = pgxpool.New(t.Context(), made.URL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.admin.Close)
	w.makeLogins(made.Name + "_group")
	if w.id, err = certificate.New("localhost"); err != nil {
		t.Fatal(err)
	}
	config := Config{
		Host: "localhost", Region: "us-east-1", Now: time.Now, Upstream: server, Roles: w.admin,
		Passwords: map[string]string{w.member: password, w.through: password, w.outside: password},
		Credentials: func(key string) (aws.Credentials, bool) {
			for _, k := range []keys{operator, session} {
				if k.AccessKeyID == key {
					return aws.Credentials(k), true
				}
			}
			return aws.Credentials{}, false
		},
		Permit: func(string, string) error { return nil },
	}
	if config.TLS, err = w.id.Config(); err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(&config)
	}
	if w.server, err = Start(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.server.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// makeLogins makes three logins.
func (w *world) makeLogins(group string) {
	w.t.Helper()
	login := " LOGIN PASSWORD '" + password + "';\nCREATE ROLE "
	if _, err := w.admin.Exec(w.t.Context(), "CREATE ROLE "+w.member+login+w.through+login+w.outside+login+group+
		"; GRANT rds_iam TO "+w.member+", "+group+"; GRANT "+group+" TO "+w.through); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_, err := w.admin.Exec(context.Background(), "DROP ROLE "+strings.Join([]string{w.member, w.through, w.outside, group}, ", "))
		if err != nil {
			w.t.Error(err)
		}
	})
}

// token signs as the real library does.
func (w *world) token(endpoint, user string, signer keys) string {
	w.t.Helper()
	token, err := auth.BuildAuthToken(w.t.Context(), endpoint, "us-east-1", user, signer)
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

func (w *world) good(user string) string { return w.token(w.server.Endpoint(), user, operator) }

// config is a connection as the functions make it.
func (w *world) config(user, password string) *pgx.ConnConfig {
	w.t.Helper()
	config, err := pgx.ParseConfig("sslmode=verify-full")
	if err != nil {
		w.t.Fatal(err)
	}
	config.Host, config.Port, config.Database, config.User, config.Password = "localhost", uint16(w.server.Port()), w.database, user, password
	config.TLSConfig, config.Fallbacks = &tls.Config{RootCAs: w.id.Roots(), ServerName: "localhost"}, nil
	config.RuntimeParams = map[string]string{"application_name": "a test", "statement_timeout": "15s"}
	return config
}

// connect closes its connection at the end of the test.
func (w *world) connect(user, password string) (*pgx.Conn, error) {
	w.t.Helper()
	conn, err := pgx.ConnectConfig(w.t.Context(), w.config(user, password))
	if err == nil {
		w.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	}
	return conn, err
}

// answer is what PostgreSQL says when it fails.
func answer(err error) string {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return said.Severity + ": " + said.Message + " (" + said.Code + ")"
	}
	return fmt.Sprint(err)
}
