package journal

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/pkg/record"
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
	records record.Bucket
	bucket  string
	Now     func() time.Time
}

// New returns a Store on the bucket.
func New(client objects, bucket string, now func() time.Time) *Store {
	return &Store{objects: client, records: record.In(bucket, client), bucket: bucket, Now: now}
}

// read decodes a record into v and returns its ETag, which is empty if there is none.
func (s *Store) read(ctx context.Context, key string, v any) (etag string, err error) {
	there, err := s.records.Read(ctx, key, v)
	return there.ETag, err
}

// put writes a record whatever was there.
func (s *Store) put(ctx context.Context, key string, v any) error {
	_, err := s.records.Put(ctx, key, v)
	return err
}

// remove deletes the record with the given ETag, and says whether it did: it may be another by now, or gone.
func (s *Store) remove(ctx context.Context, key, etag string) (removed bool, err error) {
	if _, err = s.objects.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &key, IfMatch: &etag}); err != nil {
		err = fmt.Errorf("delete s3://%s/%s: %w", s.bucket, key, err)
	}
	return record.Held(err)
}
