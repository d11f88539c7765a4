package postgres

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"

	"github.com/publicmapping/districtbuilder-ops/internal/relay"
)

// sslRequest is the message by which a client asks for TLS: its length, 8, and this number.
const sslRequest = 80877103

// newFront accepts PostgreSQL connections with TLS and passes them on without.
func newFront(config *tls.Config, dial func() (net.Conn, error)) (*relay.Listener, error) {
	return relay.Listen(func(client net.Conn) {
		secured, err := secure(client, config)
		if err != nil {
			return
		}
		server, err := dial()
		if err != nil {
			return
		}
		relay.Pipe(server, secured)
	})
}

// secure answers the client's request for TLS. A client that does not ask is turned away.
func secure(client net.Conn, config *tls.Config) (net.Conn, error) {
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
	return tls.Server(client, config), nil
}
