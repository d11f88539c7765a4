package objectstore

import (
	"crypto/md5"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// encrypted is a front whose buckets have a key.
func encrypted(t *testing.T, hooks Hooks) (*s3.Client, string) {
	t.Helper()
	hooks.KeyOf = func(string) string { return "arn:aws:kms:us-east-1:111122223333:key/1" }
	_, c, bucket := front(t, hooks)
	return c, bucket
}

// TestETagsOfEncryptedObjectsAreNoMD5s, each object has its own, and each call that tells or takes one agrees.
func TestETagsOfEncryptedObjectsAreNoMD5s(t *testing.T) {
	c, bucket := encrypted(t, Hooks{})
	const body = "the same content"
	plain := fmt.Sprintf(`"%x"`, md5.Sum([]byte(body)))
	seen := map[string]string{}
	for _, key := range []string{"a", "b/ü &+ c", "2021-08-12T21:42:38.860Z/x"} {
		tag := *put(t, c, bucket, key, body).ETag
		seen[key] = tag
		if tag == plain || len(tag) != len(plain) {
			t.Errorf("%s: ETag %s", key, tag)
		}
		head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: &key, IfMatch: &tag})
		if err != nil || *head.ETag != tag || head.ServerSideEncryption != types.ServerSideEncryptionAwsKms || *head.SSEKMSKeyId == "" {
			t.Errorf("%s: head %+v, %v", key, head, err)
		}
		if got := get(t, c, bucket, key); got != body {
			t.Errorf("%s: %q", key, got)
		}
		if _, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: &key, IfMatch: &plain}); err == nil {
			t.Errorf("%s: its MD5 is taken for its ETag", key)
		}
		if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body), IfMatch: &plain}); code(err) != "PreconditionFailed" {
			t.Errorf("%s: written on condition of its MD5: %v", key, err)
		}
	}
	if seen["a"] == seen["b/ü &+ c"] {
		t.Error("two objects have one ETag")
	}
	for _, encoding := range []types.EncodingType{"", types.EncodingTypeUrl} {
		out, err := c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket, EncodingType: encoding})
		if err != nil || len(out.Contents) != len(seen) {
			t.Fatalf("%v, %v", out, err)
		}
		for i, o := range out.Contents {
			want := seen[[]string{"2021-08-12T21:42:38.860Z/x", "a", "b/ü &+ c"}[i]]
			if *o.ETag != want {
				t.Errorf("listed as %s (encoding %q): %s, want %s", *o.Key, encoding, *o.ETag, want)
			}
		}
	}
}

// TestCopiesOfEncryptedObjects, in one piece and in parts, name the ETags that were shown.
func TestCopiesOfEncryptedObjects(t *testing.T) {
	var events []Event
	c, bucket := encrypted(t, Hooks{OnObjectCreated: func(e Event) { events = append(events, e) }})
	from := *put(t, c, bucket, "a b", strings.Repeat("x", 100)).ETag
	source := aws.String(bucket + "/a%20b")
	copied, err := c.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: &bucket, Key: aws.String("copy"), CopySource: source, CopySourceIfMatch: &from})
	if err != nil || *copied.CopyObjectResult.ETag == from {
		t.Fatalf("%+v, %v", copied, err)
	}
	if last := events[len(events)-1]; last.Key != "copy" || `"`+last.ETag+`"` != *copied.CopyObjectResult.ETag {
		t.Errorf("event %+v", last)
	}
	if _, err := c.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: &bucket, Key: aws.String("c"), CopySource: source, CopySourceIfMatch: copied.CopyObjectResult.ETag}); code(err) != "PreconditionFailed" {
		t.Errorf("copied on condition of another object's ETag: %v", err)
	}
	upload, err := c.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: aws.String("parts")})
	if err != nil {
		t.Fatal(err)
	}
	part, err := c.UploadPartCopy(t.Context(), &s3.UploadPartCopyInput{Bucket: &bucket, Key: upload.Key, UploadId: upload.UploadId, PartNumber: aws.Int32(1),
		CopySource: source, CopySourceIfMatch: &from})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := c.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{Bucket: &bucket, Key: upload.Key, UploadId: upload.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{ETag: part.CopyPartResult.ETag, PartNumber: aws.Int32(1)}}}})
	if err != nil {
		t.Fatal(err)
	}
	head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: upload.Key})
	if err != nil || *head.ETag != *whole.ETag || !strings.HasSuffix(*head.ETag, `-1"`) {
		t.Errorf("%+v, %v, want ETag %s", head, err, *whole.ETag)
	}
	sum := md5.Sum([]byte(strings.Repeat("x", 100)))
	if plain := fmt.Sprintf(`"%x-1"`, md5.Sum(sum[:])); *head.ETag == plain {
		t.Errorf("ETag %s is that of the parts", plain)
	}
}
