package postgres

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/publicmapping/districtbuilder-ops/internal/certificate"
)

// attempts is how often another port is tried: one that was free may be taken by the time the server asks for it.
const attempts = 5

// launch makes a database cluster and starts a server on it.
func launch(ctx context.Context, bin, parent string) (*Server, error) {
	account, err := serverAccount()
	if err != nil {
		return nil, err
	}
	dir, err := account.directory(parent)
	if err != nil {
		return nil, fmt.Errorf("make a directory for PostgreSQL: %w", err)
	}
	s := &Server{
		Host: "localhost", User: "postgres", Password: rand.Text(),
		CAFile: filepath.Join(dir, "ca.pem"), maintenance: "postgres", dir: dir,
	}
	if err := s.initialise(ctx, bin, account); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	for try := 1; ; try++ {
		err := s.serve(ctx, bin, account)
		if err == nil {
			return s, nil
		}
		if try == attempts || ctx.Err() != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
}

// initialise writes the cluster, the certificate and who may connect: anyone from this machine, by TLS and password.
func (s *Server) initialise(ctx context.Context, bin string, account account) error {
	id, err := certificate.New("localhost")
	if err != nil {
		return err
	}
	s.CA = id.CA
	for name, body := range map[string][]byte{
		"ca.pem": id.CA, "server.pem": id.Certificate, "server.key": id.Key, "password": []byte(s.Password),
		"hba.conf": []byte("hostssl all all 127.0.0.1/32 scram-sha-256\n"),
	} {
		if err := os.WriteFile(filepath.Join(s.dir, name), body, 0o600); err != nil {
			return err
		}
	}
	if err := account.own(s.dir); err != nil {
		return err
	}
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", s.data(), "--no-sync", "--locale=C", "--encoding=UTF8",
		"--auth=scram-sha-256", "--username="+s.User, "--pwfile="+filepath.Join(s.dir, "password"))
	account.apply(initdb, s.dir)
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// settings trade durability for speed and keep the server to this machine.
func (s *Server) settings() []string {
	args := []string{"-D", s.data()}
	for _, set := range []string{
		"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(s.Port), "unix_socket_directories=",
		"ssl=on", "ssl_cert_file=" + filepath.Join(s.dir, "server.pem"), "ssl_key_file=" + filepath.Join(s.dir, "server.key"),
		"hba_file=" + filepath.Join(s.dir, "hba.conf"), "password_encryption=scram-sha-256", "timezone=UTC", "log_timezone=UTC",
		"fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=100",
	} {
		args = append(args, "-c", set)
	}
	return args
}

// serve starts the server on a free port and waits until it answers.
func (s *Server) serve(ctx context.Context, bin string, account account) error {
	var err error
	if s.Port, err = freePort(); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	postgres := exec.Command(filepath.Join(bin, "postgres"), s.settings()...)
	account.apply(postgres, s.dir)
	postgres.Stdout, postgres.Stderr = log, log
	if err := postgres.Start(); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	p := &process{cmd: postgres, ended: make(chan struct{})}
	go func() {
		_ = postgres.Wait() // how it ended stands in its log
		close(p.ended)
	}()
	if p.guard, err = watch(postgres.Process.Pid, s.dir); err == nil {
		err = s.ready(ctx, p)
	}
	if err != nil {
		said, _ := os.ReadFile(log.Name())
		return errors.Join(fmt.Errorf("%w; postgres said: %s", err, strings.TrimSpace(string(said))), p.stop())
	}
	s.stop = p.stop
	return nil
}

// ready waits until the server lets us in, it ends, or 30 seconds are over.
func (s *Server) ready(ctx context.Context, p *process) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.url(s.maintenance))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-p.ended:
			return errors.New("postgres ended at once")
		case <-ctx.Done():
			return fmt.Errorf("postgres does not answer: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
