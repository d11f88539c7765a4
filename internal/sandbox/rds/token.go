package rds

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// A token is a presigned GET of https://<host>:<port>/?Action=connect&DBUser=<user>, without the scheme.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.Connecting.html
const (
	signedFor   = "rds-db"
	lifetime    = 15 * time.Minute
	dateFormat  = "20060102T150405Z"
	emptyBody   = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	lifetimeSet = "900" // lifetime as X-Amz-Expires
)

// check verifies the token of a user, and returns the access key that it was signed with.
func (s *Server) check(token, user string) (accessKey string, err error) {
	u, err := url.Parse("https://" + token)
	if err != nil || u.RawQuery == "" {
		return "", errors.New("what was given in place of a password is no token") // and may be a password: it is not repeated
	}
	q, now := u.Query(), s.config.Now()
	signed, err := time.Parse(dateFormat, q.Get("X-Amz-Date"))
	accessKey, _, _ = strings.Cut(q.Get("X-Amz-Credential"), "/")
	credentials, known := s.config.Credentials(accessKey)
	switch {
	case u.Host != s.Endpoint() || strings.Trim(u.Path, "/") != "":
		return "", fmt.Errorf("the token is for %s%s, and this is %s", u.Host, u.Path, s.Endpoint())
	case q.Get("Action") != "connect":
		return "", fmt.Errorf("the token is for the action %q; expected connect", q.Get("Action"))
	case q.Get("DBUser") != user:
		return "", fmt.Errorf("the token is for the user %q", q.Get("DBUser"))
	case err != nil:
		return "", fmt.Errorf("the token's date: %w", err)
	case q.Get("X-Amz-Expires") != lifetimeSet:
		return "", fmt.Errorf("the token lives %q seconds; expected %s", q.Get("X-Amz-Expires"), lifetimeSet)
	case now.Before(signed):
		return "", fmt.Errorf("the token is valid from %s", signed)
	case now.Sub(signed) >= lifetime:
		return "", fmt.Errorf("the token expired at %s", signed.Add(lifetime))
	case !known:
		return "", fmt.Errorf("nobody has the access key %q", accessKey)
	}
	want, err := s.sign(user, credentials, signed)
	if err != nil {
		return "", err
	}
	if !maps.EqualFunc(q, want, slices.Equal) {
		return "", fmt.Errorf("the signature is not that of %s for %s in %s", accessKey, signedFor, s.config.Region)
	}
	return accessKey, nil
}

// sign makes the token that the owner of the credentials would have made at that time.
func (s *Server) sign(user string, credentials aws.Credentials, at time.Time) (url.Values, error) {
	query := url.Values{"Action": {"connect"}, "DBUser": {user}, "X-Amz-Expires": {lifetimeSet}}
	request, err := http.NewRequest(http.MethodGet, "https://"+s.Endpoint()+"/?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	signed, _, err := v4.NewSigner().PresignHTTP(context.Background(), credentials, request, emptyBody, signedFor, s.config.Region, at)
	if err != nil {
		return nil, fmt.Errorf("sign a token: %w", err)
	}
	u, err := url.Parse(signed)
	if err != nil {
		return nil, err
	}
	return u.Query(), nil
}
