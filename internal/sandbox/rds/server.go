// Package rds stands in front of a PostgreSQL server and lets users in as Amazon RDS does when IAM authentication is on:
// a member of the role rds_iam by a signed token, everybody else by password, and nobody without TLS.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
package rds

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jackc/pgx/v5"

	"github.com/publicmapping/districtbuilder-ops/internal/postgres"
	"github.com/publicmapping/districtbuilder-ops/internal/relay"
)

// Config says which server is behind, and who is let in. Every field but Log must be set.
type Config struct {
	// Host is a name in the certificate of TLS. Tokens must be signed for it, and for the port.
	Host string
	TLS  *tls.Config
	// Region is the one that tokens must be signed for.
	Region string
	// Now is the time by which tokens expire.
	Now func() time.Time
	// Credentials returns those that belong to an access key.
	Credentials func(accessKey string) (aws.Credentials, bool)
	// Permit asks IAM whether the owner of an access key may connect as a user of this database. Its error says why not.
	Permit func(accessKey, user string) error
	// Log hears why a login was refused: as in AWS, the client is not told.
	Log *slog.Logger

	Upstream *postgres.Server
	// Roles reads the roles of Upstream.
	Roles interface {
		QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	}
	// Passwords are those of Upstream's logins. Other logins are not let in.
	Passwords map[string]string
}

// Server is a running database server.
type Server struct {
	config   Config
	behind   *tls.Config
	listener *relay.Listener
}

// loginTimeout is how long a client may take to log in: PostgreSQL's authentication_timeout.
const loginTimeout = time.Minute

// Start listens on a loopback port until Close.
func Start(config Config) (*Server, error) {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	behind, err := config.Upstream.ClientTLS()
	if err != nil {
		return nil, err
	}
	s := &Server{config: config, behind: behind}
	// Tokens name the port: nobody is served before it is known.
	known := make(chan struct{})
	defer close(known)
	s.listener, err = relay.Listen(func(client net.Conn) {
		<-known
		s.serve(client)
	})
	return s, err
}

// Port is where the server listens.
func (s *Server) Port() int { return s.listener.Port() }

// Endpoint is what tokens are signed for: host:port.
func (s *Server) Endpoint() string {
	return net.JoinHostPort(s.config.Host, strconv.Itoa(s.Port()))
}

// Close ends the server and every connection.
func (s *Server) Close() error { return s.listener.Close() }

func (s *Server) serve(client net.Conn) {
	_ = client.SetDeadline(time.Now().Add(loginTimeout))
	conn, first, err := s.opening(client)
	if err != nil {
		return // it said nothing that has an answer
	}
	if first.cancels() {
		_ = s.cancel(first) // PostgreSQL does not answer either
		return
	}
	session, err := s.login(conn, first)
	if err != nil {
		s.refuse(conn, err)
		return
	}
	defer session.Conn.Close()
	if err := welcome(conn, session); err != nil {
		return // the client is gone
	}
	_ = client.SetDeadline(time.Time{})
	relay.Pipe(session.Conn, conn)
}

// refuse tells the client that it is not let in, in PostgreSQL's words.
func (s *Server) refuse(conn net.Conn, err error) {
	s.config.Log.Info("login refused", "server", s.Endpoint(), "error", err)
	var said *refusal
	if !errors.As(err, &said) {
		said = refused(internalError, "%v", err)
	}
	_ = said.write(conn) // the client may be gone
}
