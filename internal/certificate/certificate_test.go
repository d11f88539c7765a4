package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"testing"
)

func TestWhoIsTrusted(t *testing.T) {
	t.Parallel()
	made, err := New("localhost", "staging.example.org")
	if err != nil {
		t.Fatal(err)
	}
	other, err := New("localhost")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		host  string
		roots *x509.CertPool
		fails any
	}{
		{"the first name", "localhost", made.Roots(), nil},
		{"the second name", "staging.example.org", made.Roots(), nil},
		{"the address", "127.0.0.1", made.Roots(), nil},
		{"another name", "production.example.org", made.Roots(), new(x509.HostnameError)},
		{"another authority of the same name", "localhost", other.Roots(), new(x509.UnknownAuthorityError)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := handshake(t, made, &tls.Config{ServerName: tt.host, RootCAs: tt.roots})
			if tt.fails == nil && err != nil || tt.fails != nil && !errors.As(err, tt.fails) {
				t.Errorf("handshake: %v; want %T", err, tt.fails)
			}
		})
	}
}

func handshake(t *testing.T, id Identity, client *tls.Config) error {
	t.Helper()
	config, err := id.Config()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		if conn, err := listener.Accept(); err == nil {
			_ = conn.(*tls.Conn).Handshake() // the client's end tells
			_ = conn.Close()
		}
	}()
	here, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	return tls.Client(here, client).Handshake()
}

func TestACertificateIsForSomebody(t *testing.T) {
	t.Parallel()
	if _, err := New(); err == nil {
		t.Error("made one for no name")
	}
}
