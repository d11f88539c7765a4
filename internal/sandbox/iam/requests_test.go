package iam

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/google/go-cmp/cmp"
)

// account knows what the calls of these tests do not tell.
var account = Account{
	ID: "111122223333", Region: "us-east-1", TLS: true,
	GroupOf:   func(id string) string { return map[string]string{"i-1": "asgStaging"}[id] },
	MachineOf: func(token string) string { return map[string]string{"token": machine}[token] },
	KeyOf:     func(bucket string) string { return map[string]string{"sealed": key}[bucket] },
	Databases: map[string]string{"db.example.org": "db-ABC"},
}

const (
	machine   = "arn:aws:states:us-east-1:111122223333:stateMachine:m"
	execution = "arn:aws:states:us-east-1:111122223333:execution:m:e"
	key       = "arn:aws:kms:us-east-1:111122223333:key/k"
	cluster   = "arn:aws:ecs:us-east-1:111122223333:cluster/c"
	inC       = " ecs:cluster=" + cluster
	task      = "arn:aws:ecs:us-east-1:111122223333:task/c/"
	viaS3     = " kms:ViaService=s3.us-east-1.amazonaws.com"
)

// recorder takes requests instead of sending them.
type recorder struct {
	request *http.Request
	body    []byte
}

var errRecorded = errors.New("recorded")

func (c *recorder) Do(r *http.Request) (*http.Response, error) {
	c.request = r
	if r.Body != nil {
		c.body, _ = io.ReadAll(r.Body)
	}
	return nil, errRecorded
}

// record returns the request that the SDK sends, as a server sees it.
func record(t *testing.T, do func(context.Context, aws.Config) error) (*http.Request, []byte) {
	t.Helper()
	c := &recorder{}
	config := aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://127.0.0.1:1"), HTTPClient: c,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDTEST", "secret", ""),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
	}
	if err := do(t.Context(), config); !errors.Is(err, errRecorded) {
		t.Fatalf("the SDK did not send: %v", err)
	}
	var wire bytes.Buffer
	c.request.Body, c.request.ContentLength = io.NopCloser(bytes.NewReader(c.body)), int64(len(c.body))
	if err := c.request.Write(&wire); err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(wire.String(), "\r\n")
	r := httptest.NewRequest(c.request.Method, strings.Fields(line)[1], bytes.NewReader(c.body))
	r.Header = c.request.Header
	return r, c.body
}

// describe writes requests as "action resource key=value …" without the keys that all have.
func describe(requests []Request) []string {
	var lines []string
	for _, q := range requests {
		line := q.Action + " " + q.Resource
		for _, name := range slices.Sorted(maps.Keys(q.Context)) {
			if !slices.Contains([]string{"aws:SecureTransport", "aws:RequestedRegion", "s3:TlsVersion"}, name) {
				line += " " + name + "=" + strings.Join(q.Context[name], ",")
			}
		}
		lines = append(lines, line)
	}
	return lines
}

type sdkCall func(context.Context, aws.Config) error

func onS3(do func(context.Context, *s3.Client) error) sdkCall {
	return func(ctx context.Context, c aws.Config) error { return do(ctx, s3.NewFromConfig(c)) }
}

func onECS(do func(context.Context, *ecs.Client) error) sdkCall {
	return func(ctx context.Context, c aws.Config) error { return do(ctx, ecs.NewFromConfig(c)) }
}

func onGroups(do func(context.Context, *autoscaling.Client) error) sdkCall {
	return func(ctx context.Context, c aws.Config) error { return do(ctx, autoscaling.NewFromConfig(c)) }
}

func onStates(do func(context.Context, *sfn.Client) error) sdkCall {
	return func(ctx context.Context, c aws.Config) error { return do(ctx, sfn.NewFromConfig(c)) }
}

// failed drops an SDK call's output.
func failed[T any](_ T, err error) error { return err }

type requestCase struct {
	name string
	call sdkCall
	want []string
}

// runRequestCases wants an error where want is nil.
func runRequestCases(t *testing.T, tests []requestCase) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, body := record(t, tt.call)
			got, err := account.Requests(r, body)
			if (err != nil) != (tt.want == nil) {
				t.Fatalf("error %v of %s", err, describe(got))
			}
			if diff := cmp.Diff(tt.want, describe(got)); diff != "" {
				t.Error(diff)
			}
			for _, q := range got {
				if q.Context["aws:SecureTransport"][0] != "true" || strings.HasPrefix(q.Action, "s3:") != (q.Context["s3:TlsVersion"] != nil) {
					t.Errorf("%s: keys of the connection: %v", q.Action, q.Context)
				}
				for name := range q.Context {
					if _, err := knownKey(name); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
}

// signed is a request as a client without an SDK makes it.
func signed(method, target, service, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=AKIDTEST/20260101/us-east-1/%s/aws4_request, SignedHeaders=host, Signature=0", service))
	return r
}

func TestWhoSigned(t *testing.T) {
	t.Parallel()
	presigned := httptest.NewRequest(http.MethodGet, "/b/k?X-Amz-Credential=AKIDTEST%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=0&response-content-type=a", nil)
	if who, service := Signer(presigned); who != "AKIDTEST" || service != "s3" {
		t.Errorf("presigned by %s for %s", who, service)
	}
	if got, err := account.Requests(presigned, nil); err != nil || describe(got)[0] != "s3:GetObject arn:aws:s3:::b/k" {
		t.Errorf("presigned: %v, %v", describe(got), err)
	}
	for _, r := range []*http.Request{httptest.NewRequest(http.MethodGet, "/b/k", nil), signed(http.MethodPost, "/", "iam", "Action=CreateUser")} {
		if got, err := account.Requests(r, nil); err == nil {
			t.Errorf("needs %v", describe(got))
		}
	}
}

func TestMissingObject(t *testing.T) {
	t.Parallel()
	if q := account.MissingObject(signed(http.MethodHead, "/b/a/k", "s3", "")); q == nil || describe([]Request{*q})[0] != "s3:ListBucket arn:aws:s3:::b" {
		t.Errorf("needs %v", q)
	}
	copies := signed(http.MethodPut, "/b/k", "s3", "")
	copies.Header.Set("X-Amz-Copy-Source", "other/a%20b?versionId=1")
	if q := account.MissingObject(copies); q == nil || describe([]Request{*q})[0] != "s3:ListBucket arn:aws:s3:::other" {
		t.Errorf("a copy needs %v", q)
	}
	for _, r := range []*http.Request{signed(http.MethodGet, "/b", "s3", ""), signed(http.MethodPut, "/b/k", "s3", ""), signed(http.MethodGet, "/b/k", "ecs", "")} {
		if q := account.MissingObject(r); q != nil {
			t.Errorf("%s %s needs %v", r.Method, r.URL, q)
		}
	}
}

func TestConnect(t *testing.T) {
	t.Parallel()
	q, err := account.Connect("db.example.org", "dbops_bump_versions")
	if err != nil || describe([]Request{q})[0] != "rds-db:connect arn:aws:rds-db:us-east-1:111122223333:dbuser:db-ABC/dbops_bump_versions" {
		t.Errorf("connect needs %v, %v", q, err)
	}
	if _, err := account.Connect("elsewhere", "u"); err == nil {
		t.Error("an unknown database is permitted to somebody")
	}
}

func TestWithoutTLS(t *testing.T) {
	t.Parallel()
	plain := Account{ID: "111122223333", Region: "us-east-1"}
	got, err := plain.Requests(signed(http.MethodGet, "/b/k", "s3", ""), nil)
	if err != nil || got[0].Context["aws:SecureTransport"][0] != "false" || got[0].Context["s3:TlsVersion"] != nil {
		t.Errorf("keys %v, %v", got, err)
	}
}
