package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// relay is the proxy that adds a delay to each request: it passes on the bytes of connections, and what goes to the server a delay later than
// it came. Each piece waits on its own, so that a request written in several pieces waits once. It reads no HTTP: so it costs little,
// and no tool more than another. Answers pass at once, and so does the making of a connection.
type relay struct {
	server string // host:port
	delay  time.Duration
}

// piece is what was read at once, and when it is to be passed on.
type piece struct {
	bytes []byte
	due   time.Time
}

const (
	pieceSize = 16 << 10 // bytes; a request that copies has about 1 KiB
	pieces    = 64       // of one connection under way
)

// buffers are used again: a tool may make a connection for each request.
var buffers = sync.Pool{New: func() any { return new([pieceSize]byte) }}

// accept serves connections until the listener is closed.
func (r relay) accept(l net.Listener) error {
	for {
		client, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		go r.serve(client)
	}
}

// serve passes bytes until both sides have said all.
func (r relay) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", r.server)
	if err != nil {
		return // the client sees that its connection is closed
	}
	defer server.Close()
	var answering sync.WaitGroup
	answering.Go(func() {
		read(server, func(answer []byte) error {
			_, err := client.Write(answer)
			return err
		})
		_ = client.Close() // ends the waiting for more requests
	})
	r.later(client, server)
	_ = server.(*net.TCPConn).CloseWrite()
	answering.Wait()
}

// later passes on what comes from the client, a delay later.
func (r relay) later(client io.Reader, server io.Writer) {
	queue := make(chan piece, pieces)
	var passing sync.WaitGroup
	passing.Go(func() {
		var err error
		for p := range queue {
			if err == nil {
				time.Sleep(time.Until(p.due))
				_, err = server.Write(p.bytes)
			}
		}
	})
	read(client, func(request []byte) error {
		queue <- piece{bytes.Clone(request), time.Now().Add(r.delay)}
		return nil
	})
	close(queue)
	passing.Wait()
}

// read hands over what comes, until there is no more or nobody takes it.
func read(from io.Reader, take func([]byte) error) {
	buffer := buffers.Get().(*[pieceSize]byte)[:]
	defer func() { buffers.Put((*[pieceSize]byte)(buffer)) }()
	for {
		n, err := from.Read(buffer)
		if n > 0 && take(buffer[:n]) != nil {
			return
		}
		if err != nil {
			return
		}
	}
}
