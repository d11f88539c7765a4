package s3copy_test

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/publicmapping/districtbuilder-ops/internal/s3test"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

var store s3test.Store

func TestMain(m *testing.M) { os.Exit(store.Run(m)) }

// world is a bucket with a source, a destination, and a client that meets the faults of hooks.
type world struct {
	*testing.T
	direct, client *s3.Client
	bucket         string
	from, to       s3uri.Prefix
	front          *objectstore.Front
}

func newWorld(t *testing.T, hooks objectstore.Hooks) *world {
	t.Helper()
	front, config := store.Serve(t, hooks)
	w := &world{T: t, direct: store.Client(t.Context()), client: s3copy.NewClient(config, 64), bucket: store.Bucket(t), front: front}
	w.from = s3uri.Prefix{Bucket: w.bucket, Key: "regions/US/TX/2021-08-12T21:42:38.860Z/"}
	w.to = w.from.Sibling("-backup-2026-11-22")
	return w
}

func (w *world) put(at s3uri.Prefix, key, body string) {
	w.Helper()
	w.putWith(at, key, body, &s3.PutObjectInput{})
}

func (w *world) putWith(at s3uri.Prefix, key, body string, in *s3.PutObjectInput) {
	w.Helper()
	in.Bucket, in.Key, in.Body = &at.Bucket, aws.String(at.File(key)), strings.NewReader(body)
	if _, err := w.direct.PutObject(w.Context(), in); err != nil {
		w.Fatal(err)
	}
}

// upload puts an object in parts.
func (w *world) upload(at s3uri.Prefix, key string, in *s3.CreateMultipartUploadInput, parts ...string) {
	w.Helper()
	in.Bucket, in.Key = &at.Bucket, aws.String(at.File(key))
	created, err := w.direct.CreateMultipartUpload(w.Context(), in)
	if err != nil {
		w.Fatal(err)
	}
	var done []types.CompletedPart
	for i, body := range parts {
		n := int32(i + 1)
		part, err := w.direct.UploadPart(w.Context(), &s3.UploadPartInput{Bucket: in.Bucket, Key: in.Key, UploadId: created.UploadId, PartNumber: &n, Body: strings.NewReader(body)})
		if err != nil {
			w.Fatal(err)
		}
		done = append(done, types.CompletedPart{ETag: part.ETag, PartNumber: &n, ChecksumCRC32: part.ChecksumCRC32})
	}
	if _, err := w.direct.CompleteMultipartUpload(w.Context(), &s3.CompleteMultipartUploadInput{Bucket: in.Bucket, Key: in.Key,
		UploadId: created.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: done}}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) body(at s3uri.Prefix, key string) []byte {
	w.Helper()
	out, err := w.direct.GetObject(w.Context(), &s3.GetObjectInput{Bucket: &at.Bucket, Key: aws.String(at.File(key))})
	if err != nil {
		w.Fatal(err)
	}
	defer out.Body.Close()
	var b bytes.Buffer
	if _, err := io.Copy(&b, out.Body); err != nil {
		w.Fatal(err)
	}
	return b.Bytes()
}

// take lists a prefix, past all faults.
func (w *world) take(at s3uri.Prefix) s3copy.Inventory {
	w.Helper()
	inv, err := s3copy.New(w.direct, s3copy.Options{}).List(w.Context(), at)
	if err != nil {
		w.Fatal(err)
	}
	return inv
}

// equal fails the test unless the destination is proven to hold the inventory, and nothing else.
func (w *world) equal(inv s3copy.Inventory, at s3uri.Prefix) {
	w.Helper()
	report, err := s3copy.New(w.direct, s3copy.Options{}).Verify(w.Context(), inv, at)
	if err != nil || !report.Equal() || len(report.Extra) > 0 {
		w.Errorf("verify %s: %+v, extra %q, %v", at, report.Differences, report.Extra, err)
	}
}

func (w *world) uploads() []string {
	w.Helper()
	out, err := w.direct.ListMultipartUploads(w.Context(), &s3.ListMultipartUploadsInput{Bucket: &w.bucket})
	if err != nil {
		w.Fatal(err)
	}
	keys := []string{}
	for _, u := range out.Uploads {
		keys = append(keys, *u.Key)
	}
	return keys
}

const mebibyte = 1 << 20

func text(n int) string { return strings.Repeat("0123456789abcdef", n/16) }
