// Package record keeps small JSON objects in S3 to which several functions write at once. S3's conditions (If-None-Match,
// If-Match) decide between them: of two writers exactly one wins, and the other looks whose record it is.
package record

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

// maxSize is the most that is read of an object, in bytes. No record is longer: a function's whole input has 6 MB at most.
const maxSize = 8 << 20

// objects are the S3 calls that records are made of.
type objects interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// Bucket holds records. It is safe for use by several processes at once.
type Bucket struct {
	objects objects
	name    string
}

// In returns the records of the bucket name.
func In(name string, client objects) Bucket { return Bucket{client, name} }

// Version is a record as it was read. It is zero if there is no such record.
type Version struct {
	ETag    string
	Written time.Time // by S3's clock, in whole seconds
}

// Read decodes a record into v.
func (b Bucket) Read(ctx context.Context, key string, v any) (Version, error) {
	out, err := b.objects.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	if Missing(err) {
		return Version{}, nil
	}
	if err != nil {
		return Version{}, fmt.Errorf("read %s: %w", b.uri(key), err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(io.LimitReader(out.Body, maxSize))
	if err != nil {
		return Version{}, fmt.Errorf("read %s: %w", b.uri(key), err)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return Version{}, fmt.Errorf("%s is not what this project writes; look at it before you remove it: %w", b.uri(key), err)
	}
	return Version{aws.ToString(out.ETag), aws.ToTime(out.LastModified)}, nil
}

// Create writes a record unless there is one, and says whether it did. If not, Confirm says what is there.
func (b Bucket) Create(ctx context.Context, key string, v any) (created bool, err error) {
	_, err = b.write(ctx, key, v, &s3.PutObjectInput{IfNoneMatch: aws.String("*")})
	return Held(err)
}

// Confirm reads the record because of which Create wrote nothing. It fails with Unavailable if there is none:
// S3 refuses, too, while another call's write is under way, which may still fail.
func (b Bucket) Confirm(ctx context.Context, key string, v any) (Version, error) {
	there, err := b.Read(ctx, key, v)
	if err == nil && there == (Version{}) {
		err = fault.New(fault.Unavailable, "%s is being written by another call; try again", b.uri(key))
	}
	return there, err
}

// Settle creates a record unless there is one, and reads back into v the one that there is then: the first writer wins.
func (b Bucket) Settle(ctx context.Context, key string, v any) (Version, error) {
	if _, err := b.Create(ctx, key, v); err != nil {
		return Version{}, err
	}
	return b.Confirm(ctx, key, v)
}

// Replace writes over the version with the given ETag, and says whether it did: the record may be another by now, or gone.
func (b Bucket) Replace(ctx context.Context, key, etag string, v any) (replaced bool, err error) {
	_, err = b.write(ctx, key, v, &s3.PutObjectInput{IfMatch: &etag})
	return Held(err)
}

// Put writes a record whatever was there, and returns its ETag.
func (b Bucket) Put(ctx context.Context, key string, v any) (etag string, err error) {
	return b.write(ctx, key, v, &s3.PutObjectInput{})
}

// write writes a record under the conditions that in holds.
func (b Bucket) write(ctx context.Context, key string, v any, in *s3.PutObjectInput) (etag string, err error) {
	body, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode %s: %w", b.uri(key), err)
	}
	in.Bucket, in.Key = &b.name, &key
	in.Body, in.ContentType = bytes.NewReader(body), aws.String("application/json")
	out, err := b.objects.PutObject(ctx, in)
	if err != nil {
		return "", fmt.Errorf("write %s: %w", b.uri(key), err)
	}
	return aws.ToString(out.ETag), nil
}

func (b Bucket) uri(key string) string { return "s3://" + b.name + "/" + key }
