package objectstore

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

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
