package objectstore

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func TestWritesTellOfChanges(t *testing.T) {
	client := store.Client(t.Context())
	bucket, other := aws.String("writes-one"), aws.String("writes-other")
	for _, b := range []*string{bucket, other} {
		if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: b}); err != nil {
			t.Fatal(err)
		}
	}
	steps := []struct {
		name    string
		changes bool
		do      func() error
	}{
		{"put", true, func() error {
			_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: aws.String("k"), Body: strings.NewReader("x")})
			return err
		}},
		{"list", false, func() error {
			_, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: bucket})
			return err
		}},
		{"delete", true, func() error {
			_, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String("k")})
			return err
		}},
		{"put elsewhere", false, func() error {
			_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: other, Key: aws.String("k"), Body: strings.NewReader("x")})
			return err
		}},
	}
	for _, step := range steps {
		before := store.Writes(*bucket)
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if changed := store.Writes(*bucket) != before; changed != step.changes {
			t.Errorf("%s: changed = %v, want %v", step.name, changed, step.changes)
		}
	}
}
