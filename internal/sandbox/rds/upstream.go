package rds

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// open logs in to the server behind, with its own password for the user.
func (s *Server) open(ctx context.Context, startup *pgproto3.StartupMessage) (*pgconn.HijackedConn, error) {
	config, err := pgconn.ParseConfig("sslmode=verify-full")
	if err != nil {
		return nil, fmt.Errorf("make the configuration of a connection: %w", err)
	}
	up := s.config.Upstream
	config.Host, config.Port, config.TLSConfig, config.Fallbacks = up.Host, uint16(up.Port), s.behind, nil
	config.User, config.Database = startup.Parameters["user"], database(startup)
	config.Password = s.config.Passwords[config.User]
	config.RuntimeParams = maps.Clone(startup.Parameters)
	maps.DeleteFunc(config.RuntimeParams, func(name, _ string) bool {
		return name == "user" || name == "database" || strings.HasPrefix(name, "_pq_.")
	})
	conn, err := pgconn.ConnectConfig(ctx, config)
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return nil, passedOn(said)
	}
	if err != nil {
		return nil, fmt.Errorf("connect to the server behind: %w", err)
	}
	if err := conn.SyncConn(ctx); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return conn.Hijack()
}

// cancel passes a request to cancel a statement on: process and key are those of the session behind. The server ends the
// connection when it has done so.
func (s *Server) cancel(request packet) error {
	up := s.config.Upstream
	network, address := pgconn.NetworkAddress(up.Host, uint16(up.Port))
	raw, err := net.Dial(network, address)
	if err != nil {
		return err
	}
	defer raw.Close()
	_ = raw.SetDeadline(time.Now().Add(loginTimeout))
	asked, err := (&pgproto3.SSLRequest{}).Encode(nil)
	if err != nil {
		return err
	}
	if _, err := raw.Write(asked); err != nil {
		return err
	}
	var answer [1]byte
	if _, err := io.ReadFull(raw, answer[:]); err != nil || answer[0] != 'S' {
		return fmt.Errorf("the server behind answers %q to the wish for TLS: %w", answer, err)
	}
	conn := tls.Client(raw, s.behind)
	if _, err := conn.Write(request); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, conn)
	return err
}
