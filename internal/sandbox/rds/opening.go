package rds

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgproto3"
)

// packet is the first thing that a client says: a length, and a code that tells what it is.
// https://www.postgresql.org/docs/current/protocol-message-formats.html
type packet []byte

const (
	cancelCode = 80877102
	tlsCode    = 80877103
	gssCode    = 80877104
)

func (p packet) code() uint32  { return binary.BigEndian.Uint32(p[4:]) }
func (p packet) cancels() bool { return p.code() == cancelCode }

// startup reads the packet as the message that begins a session.
func (p packet) startup() (*pgproto3.StartupMessage, error) {
	if version := p.code(); version != pgproto3.ProtocolVersion30 {
		return nil, refused(notSupported, "unsupported frontend protocol %d.%d: server supports 3.0 to 3.0", version>>16, version&0xffff)
	}
	message := new(pgproto3.StartupMessage)
	if err := message.Decode(p[4:]); err != nil {
		return nil, refused(protocolViolation, "%v", err)
	}
	return message, nil
}

// opening answers a client's wish for encryption and returns what it says then. Without TLS nothing but a cancellation is heard.
func (s *Server) opening(client net.Conn) (net.Conn, packet, error) {
	conn := client
	for {
		p, err := readPacket(conn)
		if err != nil {
			return nil, nil, err
		}
		switch p.code() {
		case gssCode:
			_, err = conn.Write([]byte{'N'})
		case tlsCode:
			if conn != client {
				return nil, nil, errors.New("TLS was asked for twice")
			}
			_, err = conn.Write([]byte{'S'})
			conn = tls.Server(client, s.config.TLS)
		default:
			return conn, p, nil
		}
		if err != nil {
			return nil, nil, err
		}
	}
}

// What a client may send before it is let in, in bytes. PostgreSQL allows as much.
const (
	packetLimit   = 10_000
	passwordLimit = 65_535
)

// readPacket reads no byte more than the packet: what follows it may be encrypted.
func readPacket(r io.Reader) (packet, error) {
	p := make(packet, 8)
	if _, err := io.ReadFull(r, p); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(p)
	if length < uint32(len(p)) || length > packetLimit {
		return nil, fmt.Errorf("a packet of %d bytes", length)
	}
	p = append(p, make([]byte, length-uint32(len(p)))...)
	_, err := io.ReadFull(r, p[8:])
	return p, err
}

// readPassword reads the answer to the question for a password.
func readPassword(r io.Reader) (string, error) {
	var header [5]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return "", err
	}
	length := binary.BigEndian.Uint32(header[1:])
	if header[0] != 'p' || length < 4 || length > passwordLimit {
		return "", refused(protocolViolation, "expected password response, got message type %d", header[0])
	}
	body := make([]byte, length-4)
	if _, err := io.ReadFull(r, body); err != nil {
		return "", err
	}
	var message pgproto3.PasswordMessage
	if err := message.Decode(body); err != nil {
		return "", refused(protocolViolation, "invalid password packet size")
	}
	return message.Password, nil
}
