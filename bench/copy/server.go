package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"time"

	"github.com/publicmapping/districtbuilder-ops/bench/memory"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
)

// serve serves until standard input ends, and prints the URL of the delayed server and of one without delay.
func serve(ctx context.Context, s settings) (err error) {
	objects := memory.New()
	objects.Rate = s.rate * 1_000_000
	var handler http.Handler = objects
	if s.server == "gateway" {
		dir, err := directory()
		if err != nil {
			return err
		}
		store, err := objectstore.Start(ctx, dir)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, store.Close(), os.RemoveAll(dir)) }()
		handler = store.Handler()
	}
	direct := httptest.NewServer(handler)
	defer direct.Close()
	slow := httptest.NewServer(delayed(s.delay, handler))
	defer slow.Close()
	fmt.Println(slow.URL, direct.URL)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// directory returns an empty directory, in memory where there is such a file system.
func directory() (string, error) {
	if dir, err := os.MkdirTemp("/dev/shm", "bench-copy"); err == nil {
		return dir, nil
	}
	return os.MkdirTemp("", "bench-copy")
}

// delayed is the proxy that adds a delay to each request.
func delayed(d time.Duration, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(d)
		h.ServeHTTP(w, r)
	})
}

// server is a running server process.
type server struct {
	process    *exec.Cmd
	input      io.Closer
	url        string
	direct     string
	executable string
}

func startServer(s settings) (*server, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, err
	}
	v := &server{executable: executable}
	v.process = exec.Command(executable, "-server", s.server, "-delay", s.delay.String(), "-rate", fmt.Sprint(s.rate), "serve")
	v.process.Stderr = os.Stderr
	if v.input, err = v.process.StdinPipe(); err != nil {
		return nil, err
	}
	output, err := v.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := v.process.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the server did not start: %w", err), v.stop())
	}
	if _, err := fmt.Sscan(line, &v.url, &v.direct); err != nil {
		return nil, errors.Join(fmt.Errorf("the server did not start: it said %q", line), v.stop())
	}
	return v, nil
}

func (v *server) stop() error { return errors.Join(v.input.Close(), v.process.Wait()) }
