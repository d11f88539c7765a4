package rds

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

func TestNobodyIsHeardWithoutTLS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for user, given := range map[string]string{w.member: w.good(w.member), w.outside: password} {
		config := w.config(user, given)
		config.TLSConfig = nil
		_, err := pgx.ConnectConfig(t.Context(), config)
		want := fmt.Sprintf("FATAL: no pg_hba.conf entry for host \"127.0.0.1\", user %q, database %q, no encryption (28000)", user, w.database)
		if answer(err) != want {
			t.Errorf("answer %s; want %s", answer(err), want)
		}
	}
}

func TestSessionsAreWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	conn, err := w.connect(w.member, w.good(w.member))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("parameters of the startup arrive", func(t *testing.T) {
		var name, timeout string
		if err := conn.QueryRow(t.Context(), "SELECT current_setting('application_name'), current_setting('statement_timeout')").Scan(&name, &timeout); err != nil || name != "a test" || timeout != "15s" {
			t.Errorf("application_name %q, statement_timeout %q, %v", name, timeout, err)
		}
	})
	t.Run("what the server tells of itself arrives", func(t *testing.T) {
		if got := conn.PgConn().ParameterStatus("server_encoding"); got != "UTF8" {
			t.Errorf("server_encoding %q", got)
		}
	})
	t.Run("a transaction that is rolled back leaves nothing", func(t *testing.T) {
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), "CREATE TEMPORARY TABLE t AS SELECT generate_series(1, 100000) AS n"); err != nil {
			t.Fatal(err)
		}
		var sum int64
		if err := tx.QueryRow(t.Context(), "SELECT sum(n) FROM t WHERE n > $1", 50000).Scan(&sum); err != nil || sum != 3750025000 {
			t.Errorf("sum %d, %v", sum, err)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "SELECT FROM t"); answer(err) != `ERROR: relation "t" does not exist (42P01)` {
			t.Errorf("after the rollback: %s", answer(err))
		}
	})
	t.Run("much goes through", func(t *testing.T) {
		text := strings.Repeat("0123456789abcdef", 1<<16)
		var back string
		if err := conn.QueryRow(t.Context(), "SELECT $1::text", text).Scan(&back); err != nil || back != text {
			t.Errorf("%d bytes of %d came back, %v", len(back), len(text), err)
		}
	})
}

func TestTheServersOwnRefusalIsPassedOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config := w.config(w.member, w.good(w.member))
	config.Database = "no such database"
	_, err := pgx.ConnectConfig(t.Context(), config)
	if want := `FATAL: database "no such database" does not exist (3D000)`; answer(err) != want {
		t.Errorf("answer %s; want %s", answer(err), want)
	}
}

func TestAStatementCanBeCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	conn, err := w.connect(w.member, w.good(w.member))
	if err != nil {
		t.Fatal(err)
	}
	asleep := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.Background(), "SELECT pg_sleep(60)")
		asleep <- err
	}()
	const busy = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = $1 AND query LIKE '%pg_sleep%' AND state = 'active')"
	for sleeps := false; !sleeps; {
		if err := w.admin.QueryRow(t.Context(), busy, w.member).Scan(&sleeps); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.PgConn().CancelRequest(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-asleep; answer(err) != "ERROR: canceling statement due to user request (57014)" {
		t.Errorf("the statement ended with %s", answer(err))
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const clients = 40
	var all sync.WaitGroup
	errs := make([]error, clients)
	for i := range clients {
		config := w.config(w.member, w.good(w.member))
		all.Go(func() { errs[i] = squares(config, i) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}

// squares asks as many things as one connection can mix up with another's.
func squares(config *pgx.ConnConfig, i int) error {
	ctx := context.Background()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for n := range 20 {
		var got int
		if err := conn.QueryRow(ctx, "SELECT $1::int * $2::int", i, n).Scan(&got); err != nil || got != i*n {
			return fmt.Errorf("%d × %d is %d, %w", i, n, got, err)
		}
	}
	return nil
}

func TestEndsOfSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open := func() (n int) {
		t.Helper()
		if err := w.admin.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE usename = $1", w.member).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	ends := func(what string) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); open() > 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s, and the session behind goes on", what)
			}
		}
	}
	conn, err := w.connect(w.member, w.good(w.member))
	if err != nil || open() != 1 {
		t.Fatalf("%d sessions, %v", open(), err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
	ends("the client said goodbye")
	if conn, err = w.connect(w.member, w.good(w.member)); err != nil {
		t.Fatal(err)
	}
	if err := w.server.Close(); err != nil {
		t.Error(err)
	}
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("the client is still connected")
	}
	ends("the server was closed")
}

// TestUnusualBeginnings are what no usual client says first.
func TestUnusualBeginnings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	t.Run("a protocol newer than the usual one", func(t *testing.T) {
		config := w.config(w.member, w.good(w.member))
		config.MaxProtocolVersion = "latest"
		_, err := pgx.ConnectConfig(t.Context(), config)
		if want := "FATAL: unsupported frontend protocol 3.2: server supports 3.0 to 3.0 (0A000)"; answer(err) != want {
			t.Errorf("answer %s; want %s", answer(err), want)
		}
	})
	for _, tt := range []struct {
		name, want string
		says       []byte
	}{
		{"encryption by GSSAPI is declined", "N", []byte{0, 0, 0, 8, 4, 210, 22, 48}},
		{"parameters that do not end", "08P01", []byte{0, 0, 0, 12, 0, 3, 0, 0, 'u', 's', 'e', 'r'}},
		{"a cancellation of nobody's statement", "", []byte{0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 2}},
		{"HTTP", "", []byte("GET / HTTP/1.1\r\n\r\n")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", w.server.Endpoint())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Write(tt.says); err != nil {
				t.Fatal(err)
			}
			_ = conn.(*net.TCPConn).CloseWrite() // it may have hung up
			heard, err := io.ReadAll(conn)
			if !strings.Contains(string(heard), tt.want) || (tt.want == "") != (len(heard) == 0) {
				t.Errorf("answer %q, %v; want %q", heard, err, tt.want)
			}
		})
	}
	t.Run("something else than a password", func(t *testing.T) {
		config := w.config(w.member, "unused")
		config.BuildFrontend = func(r io.Reader, out io.Writer) *pgproto3.Frontend {
			return pgproto3.NewFrontend(r, distorted{out})
		}
		_, err := pgx.ConnectConfig(t.Context(), config)
		var said *pgconn.PgError
		if !errors.As(err, &said) || said.Code != protocolViolation {
			t.Errorf("answer %s", answer(err))
		}
	})
}

func TestPackets(t *testing.T) {
	t.Parallel()
	for says, want := range map[string]string{
		"\x00\x00\x00\x08\x04\xd2\x16\x2frest": "",
		"\x00\x00\x00\x0a\x00\x03\x00\x00ab":   "",
		"\x00\x00\x00\x0a\x00\x03\x00\x00a":    "unexpected EOF",
		"\x00\x00":                             "unexpected EOF",
		"\x00\x00\x00\x07\x00\x03\x00\x00":     "a packet of 7 bytes",
		"\x00\x00\x27\x11\x00\x03\x00\x00":     "a packet of 10001 bytes",
		"GET / HTTP/1.1":                       "a packet of 1195725856 bytes",
	} {
		r := strings.NewReader(says)
		p, err := readPacket(r)
		if want == "" {
			if err != nil || string(p) != says[:len(p)] || len(p) != int(says[3]) || r.Len() != len(says)-len(p) {
				t.Errorf("%q: read %q, %v", says, p, err)
			}
		} else if err == nil || err.Error() != want {
			t.Errorf("%q: %v; want %s", says, err, want)
		}
	}
}

// distorted sends queries instead of passwords.
type distorted struct{ io.Writer }

func (d distorted) Write(p []byte) (int, error) {
	if len(p) > 0 && p[0] == 'p' {
		return d.Writer.Write(append([]byte{'Q'}, p[1:]...))
	}
	return d.Writer.Write(p)
}
