package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestEachPieceWaitsOnItsOwnAndInItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, near := net.Pipe()
		far, server := net.Pipe()
		began := time.Now()
		go func() {
			relay{delay: 30 * time.Millisecond}.later(near, far)
			far.Close()
		}()
		go func() {
			for i := range 4 {
				time.Sleep(10 * time.Millisecond)
				fmt.Fprintf(client, "piece %d", i)
			}
			client.Close()
		}()
		var got []string
		buffer := make([]byte, 100)
		for {
			n, err := server.Read(buffer)
			if err != nil {
				break
			}
			got = append(got, fmt.Sprint(string(buffer[:n]), " after ", time.Since(began)))
		}
		if want := []string{"piece 0 after 40ms", "piece 1 after 50ms", "piece 2 after 60ms", "piece 3 after 70ms"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestRelayChangesNothing(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s\n%s", r.Method, r.Host, r.URL.Path, body)
	}))
	defer server.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepting := make(chan error, 1)
	go func() {
		accepting <- relay{server: server.Listener.Addr().String(), delay: time.Millisecond}.accept(listener)
	}()
	client := &http.Client{Transport: &http.Transport{}}
	var asking sync.WaitGroup
	for i := range 20 {
		asking.Go(func() {
			body := strings.Repeat(fmt.Sprint(i), 100_000)
			answer, err := client.Post(fmt.Sprintf("http://%s/%d", listener.Addr(), i), "text/plain", strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			defer answer.Body.Close()
			got, err := io.ReadAll(answer.Body)
			if want := fmt.Sprintf("POST %s /%d\n%s", listener.Addr(), i, body); err != nil || string(got) != want {
				t.Errorf("answer %d has %d bytes, want %d: %v", i, len(got), len(want), err)
			}
		})
	}
	asking.Wait()
	client.CloseIdleConnections()
	listener.Close()
	if err := <-accepting; err != nil {
		t.Error(err)
	}
}

// A server that closes its connection must not be waited for: its client has to see that.
func TestRelayEndsWhenTheServerDoes(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := server.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	defer server.Close()
	near, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	go func() { _ = relay{server: server.Addr().String()}.accept(near) }()
	client, err := net.Dial("tcp", near.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_ = client.SetReadDeadline(time.Now().Add(10 * time.Second))
	if n, err := client.Read(make([]byte, 1)); n != 0 || err == nil || strings.Contains(err.Error(), "timeout") {
		t.Errorf("read %d bytes, %v", n, err)
	}
}
