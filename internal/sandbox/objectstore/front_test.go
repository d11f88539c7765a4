package objectstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
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

func TestEvents(t *testing.T) {
	var mu sync.Mutex
	var events []Event
	_, c, bucket := front(t, Hooks{OnObjectCreated: func(e Event) { mu.Lock(); defer mu.Unlock(); events = append(events, e) }})
	created := put(t, c, bucket, "a", "hello")
	source := bucket + "/a"
	if _, err := c.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: &bucket, Key: aws.String("b"), CopySource: &source}); err != nil {
		t.Fatal(err)
	}
	whole := upload(t, c, bucket, "c", bytes.Repeat([]byte("x"), 6<<20))
	if _, err := c.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: &bucket, Key: aws.String("d"), CopySource: aws.String(bucket + "/missing")}); err == nil {
		t.Error("copying a missing object succeeded")
	}
	etag := strings.Trim(*created.ETag, `"`)
	want := []Event{
		{Bucket: bucket, Key: "a", Size: 5, ETag: etag, Reason: "PutObject", Requester: "caller"},
		{Bucket: bucket, Key: "b", Size: 5, ETag: etag, Reason: "CopyObject", Requester: "caller"},
		{Bucket: bucket, Key: "c", Size: 6 << 20, ETag: strings.Trim(whole, `"`), Reason: "CompleteMultipartUpload", Requester: "caller"},
	}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Error(diff)
	}
}

// upload makes an object of two parts and returns its ETag.
func upload(t *testing.T, c *s3.Client, bucket, key string, body []byte) string {
	t.Helper()
	created, err := c.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	var parts []types.CompletedPart
	for i, piece := range [][]byte{body[:5<<20], body[5<<20:]} {
		n := int32(i + 1)
		part, err := c.UploadPart(t.Context(), &s3.UploadPartInput{Bucket: &bucket, Key: &key, UploadId: created.UploadId, PartNumber: &n, Body: bytes.NewReader(piece)})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, types.CompletedPart{ETag: part.ETag, PartNumber: &n})
	}
	done, err := c.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{Bucket: &bucket, Key: &key, UploadId: created.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
	if err != nil {
		t.Fatal(err)
	}
	return *done.ETag
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

func TestFaults(t *testing.T) {
	tests := []struct {
		name, wantCode string
		fault          Fault
		effect         bool
	}{
		{name: "none", effect: true},
		{name: "slow down", fault: Fault{Refuse: SlowDown()}, wantCode: "SlowDown"},
		{name: "answer lost", fault: Fault{LostAnswer: true}, wantCode: "EOF", effect: true},
		{name: "answer replaced", fault: Fault{Replace: InternalError()}, wantCode: "InternalError", effect: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, c, bucket := front(t, Hooks{Fault: func(op, _, key string) Fault {
				if op == "PutObject" && key == "a" {
					return tt.fault
				}
				return Fault{}
			}})
			_, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("a"), Body: strings.NewReader("x")})
			if got := code(err); err == nil != (tt.wantCode == "") || err != nil && !strings.Contains(got, tt.wantCode) {
				t.Errorf("error = %v, want %q", err, tt.wantCode)
			}
			_, err = c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("a")})
			if (err == nil) != tt.effect {
				t.Errorf("the object: %v, want it there: %v", err, tt.effect)
			}
		})
	}
}

func TestObjectChangesUnderACopy(t *testing.T) {
	var change func()
	_, c, bucket := front(t, Hooks{Fault: func(op, _, _ string) Fault {
		if op == "CopyObject" {
			return Fault{Before: change}
		}
		return Fault{}
	}})
	old := put(t, c, bucket, "a", "old")
	change = func() { put(t, store.Client(t.Context()), bucket, "a", "new") }
	source := bucket + "/a"
	_, err := c.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: &bucket, Key: aws.String("b"), CopySource: &source, CopySourceIfMatch: old.ETag})
	if code(err) != "PreconditionFailed" {
		t.Errorf("error = %v", err)
	}
}

func TestCopyConditions(t *testing.T) {
	_, c, bucket := front(t, Hooks{})
	a := put(t, c, bucket, "a", "one")
	put(t, c, bucket, "b", "two")
	tests := []struct {
		name, key, want string
		in              s3.CopyObjectInput
	}{
		{"destination must be missing, and is", "c", "", s3.CopyObjectInput{IfNoneMatch: aws.String("*")}},
		{"destination must be missing, and is there", "b", "PreconditionFailed", s3.CopyObjectInput{IfNoneMatch: aws.String("*")}},
		{"destination must match, and does not", "b", "PreconditionFailed", s3.CopyObjectInput{IfMatch: a.ETag}},
		{"destination must match, and is missing", "d", "NoSuchKey", s3.CopyObjectInput{IfMatch: a.ETag}},
		{"destination must match, and does", "c", "", s3.CopyObjectInput{IfMatch: a.ETag}},
		{"source must differ, and does not", "e", "PreconditionFailed", s3.CopyObjectInput{CopySourceIfNoneMatch: a.ETag}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.in.Bucket, tt.in.Key, tt.in.CopySource = &bucket, &tt.key, aws.String(bucket+"/a")
			_, err := c.CopyObject(t.Context(), &tt.in)
			if err == nil && tt.want != "" || err != nil && code(err) != tt.want {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestConditionalCopiesRaceAndOneWins(t *testing.T) {
	_, c, bucket := front(t, Hooks{})
	put(t, c, bucket, "a", "one")
	var wins atomic.Int64
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			_, err := c.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: &bucket, Key: aws.String("b"), CopySource: aws.String(bucket + "/a"), IfNoneMatch: aws.String("*")})
			if err == nil {
				wins.Add(1)
			}
		})
	}
	group.Wait()
	if wins.Load() != 1 {
		t.Errorf("%d of 16 won", wins.Load())
	}
}

func TestSignedChunksAreDecoded(t *testing.T) {
	url, c, bucket := front(t, Hooks{})
	body := "3;chunk-signature=00\r\nabc\r\n4;chunk-signature=00\r\ndefg\r\n0;chunk-signature=00\r\n\r\n"
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPut, url+"/"+bucket+"/a", strings.NewReader(body))
	r.Header.Set("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
	r.Header.Set("X-Amz-Decoded-Content-Length", "7")
	r.Header.Set("Content-Encoding", "aws-chunked,gzip")
	answer, err := http.DefaultClient.Do(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", answer, err)
	}
	answer.Body.Close()
	if got := get(t, c, bucket, "a"); got != "abcdefg" {
		t.Errorf("body = %q", got)
	}
	head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("a")})
	if err != nil || aws.ToString(head.ContentEncoding) != "gzip" {
		t.Errorf("encoding = %v, %v", head, err)
	}
}

func TestAWSCommand(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("no aws command")
	}
	url, c, bucket := front(t, Hooks{})
	dir := t.TempDir()
	big := strings.Repeat("0123456789abcdef", 20<<16) // 20 MiB: the command uploads it in parts
	names := map[string]string{"a b+é.txt": "small", "big.bin": big}
	for name, body := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	aws := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "aws", append([]string{"--endpoint-url", url}, args...)...)
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=anyone", "AWS_SECRET_ACCESS_KEY=any", "AWS_DEFAULT_REGION="+Region, "AWS_EC2_METADATA_DISABLED=true")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("aws %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	aws("s3", "cp", "--recursive", dir, "s3://"+bucket+"/up:1/")
	aws("s3", "cp", "--recursive", "s3://"+bucket+"/up:1/", "s3://"+bucket+"/copy/")
	for name, body := range names {
		if get(t, c, bucket, "copy/"+name) != body {
			t.Errorf("%s differs after upload and copy", name)
		}
	}
	if out := aws("s3", "ls", "s3://"+bucket+"/up:1/"); !strings.Contains(out, "a b+é.txt") {
		t.Errorf("listing:\n%s", out)
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
