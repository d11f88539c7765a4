package objectstore

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
)

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
