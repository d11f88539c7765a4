package objectstore

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

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
