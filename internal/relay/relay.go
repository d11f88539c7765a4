// Package relay accepts connections and passes bytes on, for servers that stand in front of others.
package relay

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// Listener accepts connections on a loopback port of its own.
type Listener struct {
	listener net.Listener
	serve    func(client net.Conn)
	open     sync.WaitGroup
	mu       sync.Mutex
	conns    map[net.Conn]bool // nil after Close
}

// Listen accepts connections until Close. Each is served in a goroutine of its own and closed when serve returns.
func Listen(serve func(client net.Conn)) (*Listener, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	l := &Listener{listener: listener, serve: serve, conns: map[net.Conn]bool{}}
	l.open.Go(l.accept)
	return l, nil
}

// Port is where it listens.
func (l *Listener) Port() int { return l.listener.Addr().(*net.TCPAddr).Port }

// Close ends the listener and every client's connection, and waits until all is still. It may be called again.
func (l *Listener) Close() error {
	err := l.listener.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	l.mu.Lock()
	for conn := range l.conns {
		_ = conn.Close()
	}
	l.conns = nil
	l.mu.Unlock()
	l.open.Wait()
	return err
}

func (l *Listener) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.open.Go(func() { l.one(client) })
	}
}

func (l *Listener) one(client net.Conn) {
	defer client.Close()
	if !l.hold(client) {
		return
	}
	defer l.release(client)
	l.serve(client)
}

// hold notes a connection for Close, unless that has begun.
func (l *Listener) hold(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns == nil {
		return false
	}
	l.conns[conn] = true
	return true
}

func (l *Listener) release(conn net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, conn)
}

// Pipe passes bytes both ways. Whichever side ends first ends the other.
func Pipe(a, b net.Conn) {
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(a, b); _ = a.Close() })
	both.Go(func() { _, _ = io.Copy(b, a); _ = b.Close() })
	both.Wait()
}
