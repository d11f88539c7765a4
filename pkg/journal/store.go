package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// objects are the S3 calls that the journal is made of.
type objects interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	DeleteObject(context.Context, *s3.DeleteObjectInput, ...func(*s3.Options)) (*s3.DeleteObjectOutput, error)
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
}

// Store is the state of an environment's runs, in one bucket. It is safe for use by several processes at once.
type Store struct {
	objects objects
	bucket  string
	Now     func() time.Time
}

// New returns a Store on the bucket.
func New(client objects, bucket string, now func() time.Time) *Store {
	return &Store{objects: client, bucket: bucket, Now: now}
}

// result of a conditional call.
type result int

const (
	done    result = iota
	refused        // the condition does not hold, or another writer was at work on the key at that moment
)

// conditional tells a condition that did not hold from other failures. S3 answers 412 when the condition does not
// hold, 409 when another write to the key is under way, and 404 when If-Match names an object that is gone.
// The SDK repeats a call whose answer was lost, and then a caller's own first write refuses its second:
// whoever is refused reads the object back to see whose it is.
func conditional(err error) (result, error) {
	if err == nil {
		return done, nil
	}
	switch status(err) {
	case http.StatusPreconditionFailed, http.StatusConflict:
		return refused, nil
	case http.StatusNotFound:
		if code(err) != "NoSuchBucket" {
			return refused, nil
		}
	}
	return refused, err
}

// create writes a new object. It is refused when the key exists.
func (s *Store) create(ctx context.Context, key string, v any) (result, error) {
	return s.write(ctx, key, v, &s3.PutObjectInput{IfNoneMatch: aws.String("*")})
}

// replace writes over the object with the given ETag. It is refused when the object is another by now.
func (s *Store) replace(ctx context.Context, key, etag string, v any) (result, error) {
	return s.write(ctx, key, v, &s3.PutObjectInput{IfMatch: &etag})
}

// put writes an object whatever was there.
func (s *Store) put(ctx context.Context, key string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	return s.send(ctx, key, body, &s3.PutObjectInput{})
}

func (s *Store) write(ctx context.Context, key string, v any, in *s3.PutObjectInput) (result, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return refused, fmt.Errorf("encode %s: %w", key, err)
	}
	return conditional(s.send(ctx, key, body, in))
}

func (s *Store) send(ctx context.Context, key string, body []byte, in *s3.PutObjectInput) error {
	in.Bucket, in.Key = &s.bucket, &key
	in.Body, in.ContentType = bytes.NewReader(body), aws.String("application/json")
	if _, err := s.objects.PutObject(ctx, in); err != nil {
		return fmt.Errorf("write s3://%s/%s: %w", s.bucket, key, err)
	}
	return nil
}

// read decodes an object into v and returns its ETag. An object that does not exist has an empty ETag.
func (s *Store) read(ctx context.Context, key string, v any) (etag string, err error) {
	out, err := s.objects.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &key})
	if status(err) == http.StatusNotFound && code(err) != "NoSuchBucket" {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read s3://%s/%s: %w", s.bucket, key, err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		return "", fmt.Errorf("read s3://%s/%s: %w", s.bucket, key, err)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return "", fmt.Errorf("s3://%s/%s is not what this project writes; look at it before you remove it: %w", s.bucket, key, err)
	}
	return aws.ToString(out.ETag), nil
}

// remove deletes the object with the given ETag. It is refused when the object is another by now, or gone.
func (s *Store) remove(ctx context.Context, key, etag string) (result, error) {
	_, err := s.objects.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &key, IfMatch: &etag})
	if err != nil {
		err = fmt.Errorf("delete s3://%s/%s: %w", s.bucket, key, err)
	}
	return conditional(err)
}

// status returns the HTTP status of a failed call, 0 if there was no answer.
func status(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

// code returns the error code of a failed call, empty if there is none.
func code(err error) string {
	var api interface{ ErrorCode() string }
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
