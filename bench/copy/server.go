package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"

	"github.com/publicmapping/districtbuilder-ops/bench/memory"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
)

// serve is the process that serves objects.
func serve(ctx context.Context, s settings) (err error) {
	objects := memory.New()
	objects.Rate = s.rate * 1_000_000
	var handler http.Handler = objects
	if s.server == gateway {
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
	server := httptest.NewServer(handler)
	defer server.Close()
	return untilStopped(server.Listener.Addr().String())
}

// directory returns an empty directory, in memory where there is such a file system.
func directory() (string, error) {
	if dir, err := os.MkdirTemp("/dev/shm", "bench-copy"); err == nil {
		return dir, nil
	}
	return os.MkdirTemp("", "bench-copy")
}

// proxy is the process between the clients and the server.
func proxy(s settings, server string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	accepting := make(chan error, 1)
	go func() { accepting <- relay{server, s.delay}.accept(listener) }()
	return errors.Join(untilStopped(listener.Addr().String()), listener.Close(), <-accepting)
}

// service is the server's process and the proxy's.
type service struct {
	server, proxy *process
}

func startService(flags []string) (_ *service, err error) {
	v := &service{}
	if v.server, err = start(slices.Concat(flags, []string{"serve"})...); err != nil {
		return nil, err
	}
	if v.proxy, err = start(slices.Concat(flags, []string{"proxy", v.server.said})...); err != nil {
		return nil, errors.Join(err, v.server.stop())
	}
	return v, nil
}

func (v *service) direct() string { return "http://" + v.server.said }

func (v *service) delayed() string { return "http://" + v.proxy.said }

func (v *service) stop() error { return errors.Join(v.proxy.stop(), v.server.stop()) }

// spent returns the processor time of both so far, in seconds.
func (v *service) spent() (server, proxy float64, err error) {
	if server, err = spent(v.server.cmd.Process.Pid); err != nil {
		return 0, 0, err
	}
	proxy, err = spent(v.proxy.cmd.Process.Pid)
	return server, proxy, err
}
