package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/publicmapping/districtbuilder-ops/internal/certificate"
)

// attach uses the server that connection names, with databases of our own in it.
// With sslmode=verify-full it is used directly. Otherwise it is reached without TLS, and a front on a loopback port
// gives it the TLS that clients insist on: a server on this machine seldom has a certificate.
func attach(ctx context.Context, connection string) (*Server, error) {
	given, err := pgconn.ParseConfig(connection)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err) // pgx leaves the password out
	}
	s := &Server{
		Host: given.Host, Port: int(given.Port), User: given.User, Password: given.Password,
		maintenance: given.Database, shared: true, stop: func() error { return nil },
	}
	if s.Password == "" {
		s.Password = "not asked for" // the server trusts this user; a secret without a password is none
	}
	if s.maintenance == "" {
		s.maintenance = given.User
	}
	switch mode := sslmode(connection); mode {
	case "verify-full":
		err = s.trust(connection)
	case "", "disable", "allow", "prefer":
		err = s.front(given)
	default:
		err = fmt.Errorf("DATABASE_URL: sslmode=%s is neither verify-full nor without TLS; use one of them", mode)
	}
	if err == nil { // a first statement tells at once whether this server can be used
		if err = s.admin(ctx, "SELECT 1"); err != nil {
			err = fmt.Errorf("DATABASE_URL: %w", err)
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func option(connection, name string) string {
	u, err := url.Parse(connection)
	if err != nil {
		return ""
	}
	return u.Query().Get(name)
}

func sslmode(connection string) string {
	if mode := option(connection, "sslmode"); mode != "" {
		return mode
	}
	return os.Getenv("PGSSLMODE")
}

// trust reads the authority that the connection string names, if it names one.
func (s *Server) trust(connection string) error {
	file := option(connection, "sslrootcert")
	if file == "" || file == "system" {
		return nil
	}
	ca, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("DATABASE_URL: sslrootcert: %w", err)
	}
	s.CA, s.CAFile = ca, file
	return nil
}

// front puts a TLS listener before the server and points s at it.
func (s *Server) front(given *pgconn.Config) error {
	id, err := certificate.New("localhost")
	if err != nil {
		return err
	}
	config, err := id.Config()
	if err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "postgres-"); err != nil {
		return err
	}
	s.CA, s.CAFile = id.CA, filepath.Join(s.dir, "ca.pem")
	if err := os.WriteFile(s.CAFile, s.CA, 0o600); err != nil {
		return err
	}
	network, address := pgconn.NetworkAddress(given.Host, given.Port)
	f, err := newFront(config, func() (net.Conn, error) { return net.Dial(network, address) })
	if err != nil {
		return err
	}
	s.Host, s.Port, s.stop = "localhost", f.Port(), f.Close
	return nil
}
