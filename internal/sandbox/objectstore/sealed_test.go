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

const kmsKey = "arn:aws:kms:us-east-1:111122223333:key/k"

// sealedFront has one bucket that is encrypted, the first, and one that is not.
func sealedFront(t *testing.T, events *[]Event) (c *s3.Client, bucket, open string) {
	t.Helper()
	_, _, open = front(t, Hooks{})
	var sealed string
	hooks := Hooks{
		KeyOf:           func(name string) string { return map[string]string{sealed: kmsKey}[name] },
		OnObjectCreated: func(e Event) { *events = append(*events, e) },
	}
	_, c, sealed = front(t, hooks)
	return c, sealed, open
}

func sum(text string) string { return fmt.Sprintf(`"%x"`, md5.Sum([]byte(text))) }

// head looks at an object, with a condition on its ETag if one is given.
func head(t *testing.T, c *s3.Client, bucket, key string, etag *string) *s3.HeadObjectOutput {
	t.Helper()
	out, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: &key, IfMatch: etag, ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		t.Fatalf("head %s if it is %s: %v", key, aws.ToString(etag), err)
	}
	return out
}

func TestSealedObjectsHaveETagsOfTheirOwn(t *testing.T) {
	var events []Event
	c, bucket, open := sealedFront(t, &events)
	const a, b = "a dir/2021-08-12T21:42:38.860Z/ä&b.json", "a dir/b"
	at := put(t, c, bucket, a, "content")
	put(t, c, bucket, b, "content")
	first, second := head(t, c, bucket, a, at.ETag), head(t, c, bucket, b, nil)
	if aws.ToString(first.ETag) == sum("content") || aws.ToString(first.ETag) == aws.ToString(second.ETag) {
		t.Errorf("ETags %s and %s tell the content, whose MD5 is %s", *first.ETag, *second.ETag, sum("content"))
	}
	if aws.ToString(first.ChecksumCRC64NVME) != aws.ToString(second.ChecksumCRC64NVME) || first.ChecksumCRC64NVME == nil {
		t.Errorf("checksums %v and %v are not those of the content", first.ChecksumCRC64NVME, second.ChecksumCRC64NVME)
	}
	if len(events) != 2 || `"`+events[0].ETag+`"` != *first.ETag {
		t.Errorf("the event tells of %+v; want the ETag %s", events, *first.ETag)
	}
	t.Run("lists show the same", func(t *testing.T) {
		for _, encoding := range []types.EncodingType{"", types.EncodingTypeUrl} { // the aws command asks for the latter
			list, err := c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket, EncodingType: encoding})
			if err != nil || len(list.Contents) != 2 || *list.Contents[0].ETag != *first.ETag || *list.Contents[1].ETag != *second.ETag {
				t.Errorf("listed %v, %v; want the ETags %s and %s", list, err, *first.ETag, *second.ETag)
			}
		}
		old, err := c.ListObjects(t.Context(), &s3.ListObjectsInput{Bucket: &bucket})
		if err != nil || len(old.Contents) != 2 || *old.Contents[0].ETag != *first.ETag {
			t.Errorf("listed in the old way %v, %v; want the ETag %s", old, err, *first.ETag)
		}
		versions, err := c.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: &bucket})
		if err != nil || len(versions.Versions) != 2 || *versions.Versions[0].ETag != *first.ETag {
			t.Errorf("listed versions %v, %v; want the ETag %s", versions, err, *first.ETag)
		}
	})
	t.Run("attributes show the same", func(t *testing.T) {
		out, err := c.GetObjectAttributes(t.Context(), &s3.GetObjectAttributesInput{Bucket: &bucket, Key: aws.String(a), ObjectAttributes: []types.ObjectAttributes{types.ObjectAttributesEtag}})
		if err != nil || strings.Trim(aws.ToString(out.ETag), `"`) != strings.Trim(*first.ETag, `"`) {
			t.Errorf("attributes %v, %v; want the ETag %s", out, err, *first.ETag)
		}
	})
	t.Run("conditions hold", func(t *testing.T) {
		key := a
		for etag, want := range map[string]string{*first.ETag: "", *second.ETag: "PreconditionFailed", sum("content"): "PreconditionFailed"} {
			_, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key, IfMatch: &etag})
			if got := code(err); err != nil && got != want || err == nil && want != "" {
				t.Errorf("get if it is %s: %v; want %q", etag, err, want)
			}
		}
		_, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key, IfNoneMatch: first.ETag})
		if code(err) != "NotModified" {
			t.Errorf("get unless it is %s: %v", *first.ETag, err)
		}
		_, err = c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, IfNoneMatch: aws.String("*"), Body: strings.NewReader("x")})
		if code(err) != "PreconditionFailed" {
			t.Errorf("put if there is none: %v", err)
		}
	})
	for name, to := range map[string]string{"a copy within the bucket": bucket, "a copy out of it": open} {
		t.Run(name, func(t *testing.T) {
			in := &s3.CopyObjectInput{Bucket: &to, Key: aws.String("copy"), CopySource: aws.String(bucket + "/" + escapePath(a)), CopySourceIfMatch: first.ETag}
			out, err := c.CopyObject(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			copied := head(t, c, to, "copy", out.CopyObjectResult.ETag)
			if *copied.ETag == *first.ETag || (*copied.ETag == sum("content")) != (to == open) {
				t.Errorf("it has the ETag %s", *copied.ETag)
			}
			if in.CopySourceIfMatch = second.ETag; code(failed(c.CopyObject(t.Context(), in))) != "PreconditionFailed" {
				t.Error("it does not depend on its source")
			}
			in.CopySourceIfMatch, in.CopySourceIfNoneMatch = nil, first.ETag
			if code(failed(c.CopyObject(t.Context(), in))) != "PreconditionFailed" {
				t.Error("it does not depend on another source")
			}
			in.CopySourceIfNoneMatch, in.IfMatch = nil, first.ETag
			if code(failed(c.CopyObject(t.Context(), in))) != "PreconditionFailed" {
				t.Error("it does not depend on what is at its destination")
			}
			if in.IfMatch = copied.ETag; failed(c.CopyObject(t.Context(), in)) != nil {
				t.Error("it cannot replace what is at its destination")
			}
		})
	}
}

// failed drops a call's output.
func failed[T any](_ T, err error) error { return err }

func TestSealedObjectsInParts(t *testing.T) {
	var events []Event
	c, bucket, _ := sealedFront(t, &events)
	part, source := strings.Repeat("x", 5<<20), aws.String("source")
	etag := put(t, c, bucket, *source, part).ETag
	key := aws.String("in parts")
	begun, err := c.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	one, err := c.UploadPartCopy(t.Context(), &s3.UploadPartCopyInput{Bucket: &bucket, Key: key, UploadId: begun.UploadId, PartNumber: aws.Int32(1),
		CopySource: aws.String(bucket + "/" + *source), CopySourceIfMatch: etag})
	if err != nil {
		t.Fatal(err)
	}
	two, err := c.UploadPart(t.Context(), &s3.UploadPartInput{Bucket: &bucket, Key: key, UploadId: begun.UploadId, PartNumber: aws.Int32(2), Body: strings.NewReader("end")})
	if err != nil {
		t.Fatal(err)
	}
	parts := []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: one.CopyPartResult.ETag}, {PartNumber: aws.Int32(2), ETag: two.ETag}}
	list, err := c.ListParts(t.Context(), &s3.ListPartsInput{Bucket: &bucket, Key: key, UploadId: begun.UploadId})
	if err != nil || len(list.Parts) != 2 || *list.Parts[0].ETag != *parts[0].ETag || *list.Parts[1].ETag != *parts[1].ETag || *two.ETag == sum("end") {
		t.Errorf("parts %v, %v; want the ETags %s and %s", list, err, *parts[0].ETag, *parts[1].ETag)
	}
	complete := func() (*s3.CompleteMultipartUploadOutput, error) {
		return c.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{Bucket: &bucket, Key: key, UploadId: begun.UploadId,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
	}
	parts[1].ETag = aws.String(sum("end"))
	if _, err := complete(); code(err) != "InvalidPart" {
		t.Errorf("completed with the MD5 sum of a part: %v", err)
	}
	parts[1].ETag = two.ETag
	out, err := complete()
	if err != nil {
		t.Fatal(err)
	}
	whole := head(t, c, bucket, *key, out.ETag)
	if !strings.HasSuffix(*whole.ETag, `-2"`) || get(t, c, bucket, *key) != part+"end" || events[len(events)-1].ETag != strings.Trim(*whole.ETag, `"`) {
		t.Errorf("the object has the ETag %s; events %+v", *whole.ETag, events)
	}
}

func TestAnswersNameTheKey(t *testing.T) {
	var events []Event
	c, bucket, open := sealedFront(t, &events)
	for name, want := range map[string]string{bucket: kmsKey, open: ""} {
		wrote := put(t, c, name, "a", "content")
		copied, err := c.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: &name, Key: aws.String("b"), CopySource: aws.String(name + "/a")})
		if err != nil {
			t.Fatal(err)
		}
		begun, err := c.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &name, Key: aws.String("c")})
		if err != nil {
			t.Fatal(err)
		}
		is := head(t, c, name, "a", nil)
		for op, got := range map[string]*string{"PutObject": wrote.SSEKMSKeyId, "CopyObject": copied.SSEKMSKeyId, "CreateMultipartUpload": begun.SSEKMSKeyId, "HeadObject": is.SSEKMSKeyId} {
			if aws.ToString(got) != want {
				t.Errorf("%s in %s: key %q; want %q", op, name, aws.ToString(got), want)
			}
		}
		if (is.ServerSideEncryption == types.ServerSideEncryptionAwsKms) != (want != "") || (*is.ETag == sum("content")) != (want == "") {
			t.Errorf("%s: encrypted by %q, ETag %s", name, is.ServerSideEncryption, *is.ETag)
		}
	}
}
