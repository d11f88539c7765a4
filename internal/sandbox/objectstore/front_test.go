package objectstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

var store *Server // one gateway a process

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "objectstore")
	if err != nil {
		log.Fatal(err)
	}
	if store, err = Start(context.Background(), dir); err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	if err := errors.Join(store.Close(), os.RemoveAll(dir)); err != nil {
		log.Fatal(err)
	}
	os.Exit(code)
}

var buckets atomic.Int64

// front serves a front with hooks and returns its URL, a client of it, and a bucket of its own.
func front(t *testing.T, hooks Hooks) (string, *s3.Client, string) {
	t.Helper()
	server := httptest.NewServer(store.Front(hooks))
	t.Cleanup(server.Close)
	bucket := fmt.Sprintf("bucket-%d", buckets.Add(1))
	if _, err := store.Client(t.Context()).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	return server.URL, client(server.URL), bucket
}

func client(url string) *s3.Client {
	return s3.New(s3.Options{Region: Region, BaseEndpoint: &url, UsePathStyle: true, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "caller", SecretAccessKey: "any"}, nil
		})})
}

func put(t *testing.T, c *s3.Client, bucket, key, body string) *s3.PutObjectOutput {
	t.Helper()
	out, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func get(t *testing.T, c *s3.Client, bucket, key string) string {
	t.Helper()
	out, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return fmt.Sprint(err)
}

func TestKeysWithUnusualCharacters(t *testing.T) {
	_, c, bucket := front(t, Hooks{})
	for _, key := range []string{"plain", "a b", "a+b", "a%2Bb", "2021-08-12T21:42:38.860Z/é.json", "q?x=1&y", "st*r'(1)!~=,;@$#"} {
		t.Run(key, func(t *testing.T) {
			put(t, c, bucket, key, "body of "+key)
			if got := get(t, c, bucket, key); got != "body of "+key {
				t.Errorf("body = %q", got)
			}
			out, err := c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &key})
			if err != nil || len(out.Contents) == 0 || *out.Contents[0].Key != key {
				t.Errorf("listing by the key as prefix: %v, %v", out.Contents, err)
			}
		})
	}
}

func TestAuthorize(t *testing.T) {
	url, c, bucket := front(t, Hooks{Authorize: func(r *http.Request, key string) error {
		if key != "caller" {
			return fmt.Errorf("%q may not", key)
		}
		return nil
	}})
	put(t, c, bucket, "a", "x")
	answer, err := http.Get(url + "/" + bucket + "/a")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusForbidden || !strings.Contains(string(body), "<Code>AccessDenied</Code>") {
		t.Errorf("unsigned request: %s %s", answer.Status, body)
	}
	signed, err := s3.NewPresignClient(c).PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("a")})
	if err != nil {
		t.Fatal(err)
	}
	presigned, err := http.Get(signed.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer presigned.Body.Close()
	if body, _ := io.ReadAll(presigned.Body); string(body) != "x" {
		t.Errorf("presigned request: %s %s", presigned.Status, body)
	}
}

func TestSecondGatewayIsRefusedAndHarmless(t *testing.T) {
	_, c, bucket := front(t, Hooks{})
	put(t, c, bucket, "a", "x")
	if _, err := Start(t.Context(), t.TempDir()); err == nil {
		t.Error("a second gateway started in one process")
	}
	if got := get(t, c, bucket, "a"); got != "x" {
		t.Errorf("the first serves %q", got)
	}
}
