package main

import (
	"bytes"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

const (
	bucket    = "bench"
	uploadedB = 8 << 20 // the size of the parts in which the aws command uploads
)

var source = s3uri.Prefix{Bucket: bucket, Key: "source/"}

// newClient returns a client with a connection for each of many requests.
func newClient(url string) *s3.Client {
	return s3copy.NewClient(aws.Config{Region: "us-east-1", BaseEndpoint: &url,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "bench", SecretAccessKey: "bench"}, nil
		})}, 256)
}

// seed puts the source: tiles, buffers, and a topo.json that was uploaded in parts.
func seed(ctx context.Context, url string, s settings) error {
	client := newClient(url)
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		return err
	}
	put := func(key string, size int) error {
		body := make([]byte, size)
		copy(body, key)
		_, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(source.File(key)), Body: bytes.NewReader(body),
			ContentType: aws.String("application/x-protobuf"), CacheControl: aws.String("max-age=300")})
		return err
	}
	for i := range s.small {
		if err := put(fmt.Sprintf("tiles/12/%d/%d.pbf", i/64, i%64), 8<<10); err != nil {
			return err
		}
	}
	for i := range s.medium {
		if err := put(fmt.Sprintf("demographic%02d.buf", i), 2_000_000); err != nil {
			return err
		}
	}
	return uploadLarge(ctx, client, "topo.json", s.large*1_000_000)
}

func uploadLarge(ctx context.Context, client *s3.Client, name string, size int) error {
	key := aws.String(source.File(name))
	created, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: aws.String(bucket), Key: key, ContentType: aws.String("application/json")})
	if err != nil {
		return err
	}
	var parts []types.CompletedPart
	for n, left := int32(1), size; left > 0; n, left = n+1, left-uploadedB {
		body := make([]byte, min(left, uploadedB))
		copy(body, fmt.Sprint("part ", n))
		part, err := client.UploadPart(ctx, &s3.UploadPartInput{Bucket: aws.String(bucket), Key: key, UploadId: created.UploadId, PartNumber: aws.Int32(n), Body: bytes.NewReader(body)})
		if err != nil {
			return err
		}
		parts = append(parts, types.CompletedPart{PartNumber: aws.Int32(n), ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32})
	}
	_, err = client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: aws.String(bucket), Key: key, UploadId: created.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
	return err
}
