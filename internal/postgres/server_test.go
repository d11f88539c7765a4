package postgres

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/publicmapping/districtbuilder-ops/internal/certificate"
)

func start(t *testing.T) *Server {
	t.Helper()
	s, err := Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func connect(t *testing.T, connection string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), connection)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func TestServer(t *testing.T) {
	t.Setenv("DATABASE_URL", "")
	began := time.Now()
	s := start(t)
	t.Logf("started in %v", time.Since(began))
	db, err := s.CreateDatabase(t.Context(), "district builder")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("speaks TLS", func(t *testing.T) {
		var secured bool
		err := connect(t, db.URL).QueryRow(t.Context(), "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").Scan(&secured)
		if err != nil || !secured {
			t.Errorf("ssl = %v, %v", secured, err)
		}
	})
	t.Run("refuses a connection without TLS", func(t *testing.T) {
		if _, err := pgx.Connect(t.Context(), with(t, db.URL, "sslmode", "disable")); err == nil {
			t.Error("connected without TLS")
		}
	})
	t.Run("refuses a wrong password", func(t *testing.T) {
		u, err := url.Parse(db.URL)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(s.User, "guess")
		_, err = pgx.Connect(t.Context(), u.String())
		var answer *pgconn.PgError
		if !errors.As(err, &answer) || answer.Code != "28P01" {
			t.Errorf("got %v, want SQLSTATE 28P01", err)
		}
	})
	t.Run("is not trusted by others", func(t *testing.T) {
		other, err := certificate.New("localhost")
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(file, other.CA, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = pgx.Connect(t.Context(), with(t, db.URL, "sslrootcert", file))
		if unknown := new(x509.UnknownAuthorityError); !errors.As(err, unknown) {
			t.Errorf("got %v, want an unknown authority", err)
		}
	})
	t.Run("answers on 127.0.0.1 under that name too", func(t *testing.T) {
		connect(t, strings.Replace(db.URL, "localhost", "127.0.0.1", 1))
	})
	t.Run("has the schema", func(t *testing.T) { checkSchema(t, connect(t, db.URL)) })
}

func with(t *testing.T, connection, option, value string) string {
	t.Helper()
	u, err := url.Parse(connection)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(option, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// checkSchema violates each constraint once.
func checkSchema(t *testing.T, conn *pgx.Conn) {
	ctx := t.Context()
	if err := ApplySchema(ctx, conn); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2021, 8, 12, 21, 42, 38, 860e6, time.UTC)
	live := Region{Name: "Texas", CountryCode: "US", RegionCode: "TX", URI: "s3://b/TX/1/", Version: at}
	id, err := InsertRegion(ctx, conn, live)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := InsertProject(ctx, conn, Project{Name: "a map", RegionID: id, Districts: 36}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, state string
		change      func(*Region)
	}{
		{"a hidden row beside the live one", "", func(r *Region) { r.Hidden = true }},
		{"an archived row beside the live one", "", func(r *Region) { r.Archived = true }},
		{"a second live row", "23505", func(*Region) {}},
		{"the same URI", "23505", func(r *Region) { r.Archived, r.URI = true, live.URI }},
		{"the same name, codes and version", "23505", func(r *Region) { r.Archived, r.Version, r.Name = true, at, "Texas" }},
		{"a census that is none", "22P02", func(r *Region) { r.Hidden, r.Census = true, "1890" }},
	} {
		row := live
		row.Name, row.URI, row.Version = "Texas ("+tt.name+")", "s3://b/TX/"+tt.name+"/", at.Add(time.Hour)
		tt.change(&row)
		_, err := InsertRegion(ctx, conn, row)
		var answer *pgconn.PgError
		state := ""
		if errors.As(err, &answer) {
			state = answer.Code
		}
		if state != tt.state || (err != nil) != (tt.state != "") {
			t.Errorf("%s: %v; want SQLSTATE %q", tt.name, err, tt.state)
		}
	}
	if _, err := InsertProject(ctx, conn, Project{Name: "of no region", RegionID: newID(), Districts: 1}); err == nil {
		t.Error("a project of no region was inserted")
	}
}

func TestDatabaseURL(t *testing.T) {
	t.Setenv("DATABASE_URL", "")
	own := start(t)
	t.Run("with TLS is used directly", func(t *testing.T) {
		t.Setenv("DATABASE_URL", own.url("postgres"))
		s := start(t)
		if s.Port != own.Port {
			t.Errorf("port %d, want the server's own %d", s.Port, own.Port)
		}
		checkShared(t, s, own)
	})
	t.Run("without TLS gets a front", func(t *testing.T) {
		allowPlain(t, own)
		t.Setenv("DATABASE_URL", with(t, strings.Replace(own.url("postgres"), "localhost", "127.0.0.1", 1), "sslmode", "disable"))
		s := start(t)
		if s.Port == own.Port {
			t.Error("no front stands before the server")
		}
		checkShared(t, s, own)
	})
	for name, connection := range map[string]string{
		"a mode between": with(t, own.url("postgres"), "sslmode", "require"),
		"nobody there":   "postgres://u:very-secret@127.0.0.1:1/x?sslmode=disable",
		"not a URL":      "postgres://u:very-secret@[/",
	} {
		t.Run(name+" fails", func(t *testing.T) {
			t.Setenv("DATABASE_URL", connection)
			_, err := Start(t.Context(), "")
			if err == nil || strings.Contains(err.Error(), "very-secret") || strings.Contains(err.Error(), own.Password) {
				t.Errorf("Start: %v; want an error without the password", err)
			}
		})
	}
}

// checkShared creates databases of one name twice, and sees them gone after Close.
func checkShared(t *testing.T, s, own *Server) {
	t.Helper()
	var names []string
	for range 2 {
		db, err := s.CreateDatabase(t.Context(), "staging")
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, db.Name)
		connect(t, db.URL) // stays open: Close must not mind
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.stop, s.created = func() error { return nil }, nil
	var left int
	err := connect(t, own.url("postgres")).QueryRow(t.Context(), "SELECT count(*) FROM pg_database WHERE datname = ANY($1)", names).Scan(&left)
	if err != nil || left != 0 {
		t.Errorf("%d of %v are left, %v", left, names, err)
	}
}

func allowPlain(t *testing.T, s *Server) {
	t.Helper()
	rules := []byte("host all all 127.0.0.1/32 scram-sha-256\n")
	if err := os.WriteFile(filepath.Join(s.dir, "hba.conf"), rules, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.admin(t.Context(), "SELECT pg_reload_conf()"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // the reload is a signal; nothing tells when it is done
}

func TestFrontTurnsAwayWhoDoesNotAskForTLS(t *testing.T) {
	t.Parallel()
	id, err := certificate.New("localhost")
	if err != nil {
		t.Fatal(err)
	}
	config, err := id.Config()
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFront(config, func() (net.Conn, error) { return nil, errors.New("must not be called") })
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(f.Port())))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte{0, 0, 0, 8, 0, 3, 0, 0}); err != nil {
		t.Fatal(err)
	}
	if answer, _ := io.ReadAll(conn); len(answer) != 0 {
		t.Errorf("answered %q", answer)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// TestServerEndsWithItsOwner starts this test again as another process, kills that, and sees its server end.
func TestServerEndsWithItsOwner(t *testing.T) {
	if os.Getenv("POSTGRES_TEST_OWNER") != "" {
		own(t)
		return
	}
	t.Parallel()
	owner := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServerEndsWithItsOwner$", "-test.v")
	owner.Env = append(os.Environ(), "POSTGRES_TEST_OWNER=1", "DATABASE_URL=")
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	var port int
	var dir string
	said := readUntil(t, out, "\n--\n")
	if _, err := fmt.Sscanf(said[strings.Index(said, "port "):], "port %d dir %s", &port, &dir); err != nil {
		t.Fatalf("%v in %q", err, said)
	}
	if err := owner.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = owner.Wait()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, dialErr := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if dialErr == nil {
			conn.Close()
		}
		_, statErr := os.Stat(dir)
		if dialErr != nil && errors.Is(statErr, os.ErrNotExist) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("10 s after its owner: dial %v, directory %v", dialErr, statErr)
		}
	}
}

func own(t *testing.T) {
	s, err := Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("\nport %d dir %s\n--\n", s.Port, s.dir)
	time.Sleep(time.Minute) // until it is killed
}

func readUntil(t *testing.T, r io.Reader, end string) string {
	t.Helper()
	var said bytes.Buffer
	for b := make([]byte, 256); !strings.Contains(said.String(), end); {
		n, err := r.Read(b)
		said.Write(b[:n])
		if err != nil {
			t.Fatalf("%v after %q", err, &said)
		}
	}
	return said.String()
}
