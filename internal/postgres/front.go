package postgres

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
)

// sslRequest is the message by which a client asks for TLS: its length, 8, and this number.
const sslRequest = 80877103

// front accepts PostgreSQL connections with TLS and passes them on without.
type front struct {
	listener net.Listener
	config   *tls.Config
	dial     func() (net.Conn, error)
	open     sync.WaitGroup
	mu       sync.Mutex
	conns    map[net.Conn]bool
}

func newFront(config *tls.Config, dial func() (net.Conn, error)) (*front, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &front{listener: listener, config: config, dial: dial, conns: map[net.Conn]bool{}}
	f.open.Go(f.accept)
	return f, nil
}

func (f *front) port() int { return f.listener.Addr().(*net.TCPAddr).Port }

// close ends the listener and every connection, and waits until all is still.
func (f *front) close() error {
	err := f.listener.Close()
	f.mu.Lock()
	for conn := range f.conns {
		_ = conn.Close()
	}
	f.conns = nil
	f.mu.Unlock()
	f.open.Wait()
	return err
}

func (f *front) accept() {
	for {
		client, err := f.listener.Accept()
		if err != nil {
			return
		}
		f.open.Go(func() { f.serve(client) })
	}
}

// hold notes a connection for close, unless that has begun.
func (f *front) hold(conn net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conns == nil {
		return false
	}
	f.conns[conn] = true
	return true
}

func (f *front) serve(client net.Conn) {
	defer client.Close()
	if !f.hold(client) {
		return
	}
	secured, err := f.secure(client)
	if err != nil {
		return
	}
	server, err := f.dial()
	if err != nil {
		return
	}
	defer server.Close()
	if !f.hold(server) {
		return
	}
	// Whichever side ends first ends the other.
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(server, secured); _ = server.Close() })
	both.Go(func() { _, _ = io.Copy(secured, server); _ = client.Close() })
	both.Wait()
}

// secure answers the client's request for TLS. A client that does not ask is turned away.
func (f *front) secure(client net.Conn) (net.Conn, error) {
	var request [8]byte
	if _, err := io.ReadFull(client, request[:]); err != nil {
		return nil, err
	}
	if binary.BigEndian.Uint32(request[4:]) != sslRequest {
		return nil, errors.New("the client does not ask for TLS")
	}
	if _, err := client.Write([]byte{'S'}); err != nil {
		return nil, err
	}
	return tls.Server(client, f.config), nil
}
