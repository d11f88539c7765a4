package rds

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// login finds out who a client is and opens its session at the server behind.
func (s *Server) login(conn net.Conn, first packet) (*pgconn.HijackedConn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), loginTimeout)
	defer cancel()
	startup, err := first.startup()
	if err != nil {
		return nil, err
	}
	user := startup.Parameters["user"]
	if _, encrypted := conn.(*tls.Conn); !encrypted {
		host, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
		return nil, refused(invalidAuthorization, "no pg_hba.conf entry for host %q, user %q, database %q, no encryption", host, user, database(startup))
	}
	if err := s.authenticate(ctx, conn, user); err != nil {
		return nil, err
	}
	return s.open(ctx, startup)
}

// authenticate asks for a password, and takes a token in its place from the members of rds_iam only.
func (s *Server) authenticate(ctx context.Context, conn net.Conn, user string) error {
	member, err := s.byToken(ctx, user)
	if err != nil {
		return err
	}
	if err := send(conn, &pgproto3.AuthenticationCleartextPassword{}); err != nil {
		return err
	}
	given, err := readPassword(conn)
	if err != nil {
		return err
	}
	if !member {
		if password, ok := s.config.Passwords[user]; !ok || given != password {
			return refused(invalidPassword, "password authentication failed for user %q", user)
		}
		return nil
	}
	accessKey, err := s.check(given, user)
	if err == nil {
		err = s.config.Permit(accessKey, user)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", refused(invalidAuthorization, "PAM authentication failed for user %q", user), err)
	}
	return nil
}

// byToken reports whether a login is a member of rds_iam, itself or through other roles. A superuser is no member of
// a role by being one.
func (s *Server) byToken(ctx context.Context, user string) (member bool, err error) {
	err = s.config.Roles.QueryRow(ctx, `
		WITH RECURSIVE held (oid) AS (
			SELECT oid FROM pg_roles WHERE rolname = $1
			UNION SELECT m.roleid FROM pg_auth_members m JOIN held ON m.member = held.oid)
		SELECT EXISTS (SELECT FROM held JOIN pg_roles USING (oid) WHERE rolname = 'rds_iam')`, user).Scan(&member)
	if err != nil {
		return false, fmt.Errorf("read the roles of %s: %w", user, err)
	}
	return member, nil
}

func database(startup *pgproto3.StartupMessage) string {
	if name := startup.Parameters["database"]; name != "" {
		return name
	}
	return startup.Parameters["user"]
}

// welcome tells a client that it is in, and what the server behind has told of itself.
func welcome(conn net.Conn, session *pgconn.HijackedConn) error {
	messages := []pgproto3.BackendMessage{&pgproto3.AuthenticationOk{}}
	for name, value := range session.ParameterStatuses {
		messages = append(messages, &pgproto3.ParameterStatus{Name: name, Value: value})
	}
	messages = append(messages, &pgproto3.BackendKeyData{ProcessID: session.PID, SecretKey: session.SecretKey}, &pgproto3.ReadyForQuery{TxStatus: session.TxStatus})
	return send(conn, messages...)
}
