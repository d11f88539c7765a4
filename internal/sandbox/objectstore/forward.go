package objectstore

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// unsigned is the payload hash of a body that the signature does not cover.
const unsigned = "UNSIGNED-PAYLOAD"

// perHop are the headers of one connection, and those that belong to the caller's own signature.
var perHop = []string{"Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Expect",
	"Authorization", "X-Amz-Date", "Date", "X-Amz-Security-Token", "Accept-Encoding"}

// forward sends r to the gateway, signed with the gateway's own credentials: it knows no others.
func (s *Server) forward(r *http.Request) (*http.Response, error) {
	out := r.Clone(r.Context())
	out.RequestURI, out.Host = "", "127.0.0.1"
	out.URL = gatewayURL(r.URL)
	for _, name := range perHop {
		out.Header.Del(name)
	}
	if r.ContentLength == 0 {
		out.Body = http.NoBody
	}
	if err := unchunk(out); err != nil {
		return nil, err
	}
	hash := out.Header.Get("X-Amz-Content-Sha256")
	if hash == "" {
		hash = unsigned
		out.Header.Set("X-Amz-Content-Sha256", hash)
	}
	if err := s.sign(r.Context(), out, hash); err != nil {
		return nil, fmt.Errorf("sign for the gateway: %w", err)
	}
	return s.direct.Do(out)
}

func (s *Server) sign(ctx context.Context, r *http.Request, hash string) error {
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	return signer.SignHTTP(ctx, s.credentials, r, hash, "s3", Region, time.Now())
}

// gatewayURL returns in with the path escaped as S3's signatures want it, and without a presigned URL's signature.
func gatewayURL(in *url.URL) *url.URL {
	query := in.Query()
	for name := range query {
		switch name {
		case "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Security-Token":
			query.Del(name)
		}
	}
	out := &url.URL{Scheme: "http", Host: "127.0.0.1", Path: in.Path, RawQuery: query.Encode()}
	out.RawPath = escapePath(in.Path)
	return out
}

// escapePath escapes every byte but the unreserved ones and the slash.
func escapePath(path string) string {
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_.~/", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
