package relay

import (
	"errors"
	"io"
	"net"
	"strconv"
	"testing"
	"time"
)

func dial(t *testing.T, port int) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// echo answers what it hears.
func echo(t *testing.T) *Listener {
	t.Helper()
	l, err := Listen(func(client net.Conn) { _, _ = io.Copy(client, client) })
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestBytesGoBothWaysUntilOneSideEnds(t *testing.T) {
	t.Parallel()
	behind := echo(t)
	defer behind.Close()
	ended := make(chan struct{})
	before, err := Listen(func(client net.Conn) {
		defer close(ended)
		Pipe(dial(t, behind.Port()), client)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	conn := dial(t, before.Port())
	if _, err := conn.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 5)
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "hello" {
		t.Errorf("heard %q, %v", answer, err)
	}
	_ = conn.Close()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the other side goes on")
	}
}

func TestCloseEndsConnections(t *testing.T) {
	t.Parallel()
	behind := echo(t)
	defer behind.Close()
	serving := make(chan net.Conn, 1)
	before, err := Listen(func(client net.Conn) {
		server := dial(t, behind.Port())
		serving <- server
		Pipe(server, client)
	})
	if err != nil {
		t.Fatal(err)
	}
	conn := dial(t, before.Port())
	server := <-serving
	if err := before.Close(); err != nil {
		t.Error(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the client is still connected")
	}
	if _, err := server.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the connection behind goes on: %v", err)
	}
	if _, err := net.Dial("tcp", conn.RemoteAddr().String()); err == nil {
		t.Error("it still listens")
	}
}
