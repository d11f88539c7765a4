package application

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
)

// Transport is an internet in which there are only these servers, each at port 443 of its host, with certificates by roots.
func Transport(roots *x509.CertPool, servers ...*Server) *http.Transport {
	return &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			for _, s := range servers {
				if address == net.JoinHostPort(s.host, "443") {
					return new(net.Dialer).DialContext(ctx, network, s.listener.Addr().String())
				}
			}
			host, _, _ := net.SplitHostPort(address)
			return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
		},
	}
}
