package rds

import (
	"fmt"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// The SQLSTATE codes of refusals.
const (
	protocolViolation    = "08P01"
	notSupported         = "0A000"
	invalidAuthorization = "28000"
	invalidPassword      = "28P01"
	internalError        = "XX000"
)

// refusal is PostgreSQL's answer to a login that fails.
type refusal struct{ pgproto3.ErrorResponse }

func refused(code, format string, args ...any) *refusal {
	return &refusal{pgproto3.ErrorResponse{Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: code, Message: fmt.Sprintf(format, args...)}}
}

// passedOn is the refusal of the server behind.
func passedOn(e *pgconn.PgError) *refusal {
	r := refused(e.Code, "%s", e.Message)
	r.Detail, r.Hint = e.Detail, e.Hint
	return r
}

func (r *refusal) Error() string { return r.Message + " (SQLSTATE " + r.Code + ")" }

func (r *refusal) write(conn net.Conn) error { return send(conn, &r.ErrorResponse) }

// send writes messages in one piece.
func send(conn net.Conn, messages ...pgproto3.BackendMessage) error {
	var text []byte
	for _, m := range messages {
		var err error
		if text, err = m.Encode(text); err != nil {
			return err
		}
	}
	_, err := conn.Write(text)
	return err
}
