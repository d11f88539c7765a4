// Package application is DistrictBuilder's web server, as far as this project asks it: the public list of regions.
package application

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
)

// Database is one environment's database.
type Database interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Server is one environment's application, which answers HTTPS on a loopback port.
type Server struct {
	host     string
	listener net.Listener
	server   *http.Server
}

// Start serves the application of the host's name until Close. The certificate must hold the name.
func Start(host string, config *tls.Config, db Database) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", host, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/region-configs", regionList{db}.serve)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, http.StatusNotFound, fmt.Sprintf("Cannot %s %s", r.Method, r.URL.RequestURI()))
	})
	s := &Server{host: host, listener: listener, server: &http.Server{
		Handler: mux, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0), // of handshakes, which the client reports
	}}
	go func() { _ = s.server.Serve(tls.NewListener(listener, config)) }()
	return s, nil
}

// Close ends the server and every connection.
func (s *Server) Close() error {
	if err := s.server.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close the server of %s: %w", s.host, err)
	}
	return nil
}
