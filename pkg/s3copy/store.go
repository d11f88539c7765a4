package s3copy

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

type putter interface {
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

type getter interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// Write stores the inventory as gzipped JSON at s3://bucket/key and returns the digest of what it wrote,
// which Read returns too. The same inventory has always the same digest.
func (inv Inventory) Write(ctx context.Context, client putter, bucket, key string) (digest string, err error) {
	var body bytes.Buffer
	packer := gzip.NewWriter(&body)
	if err := json.NewEncoder(packer).Encode(inv); err != nil {
		return "", fmt.Errorf("encode inventory: %w", err)
	}
	if err := packer.Close(); err != nil {
		return "", fmt.Errorf("encode inventory: %w", err)
	}
	_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(body.Bytes()),
		ContentType: aws.String("application/gzip")})
	if err != nil {
		return "", fmt.Errorf("write inventory s3://%s/%s: %w", bucket, key, err)
	}
	return digestOf(body.Bytes()), nil
}

// Read reads an inventory that Write has written.
func Read(ctx context.Context, client getter, bucket, key string) (inv Inventory, digest string, err error) {
	fail := func(err error) (Inventory, string, error) {
		return Inventory{}, "", fmt.Errorf("read inventory s3://%s/%s: %w", bucket, key, err)
	}
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return fail(err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		return fail(err)
	}
	unpacker, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return fail(err)
	}
	if err := json.NewDecoder(unpacker).Decode(&inv); err != nil {
		return fail(err)
	}
	return inv, digestOf(body), nil
}

func digestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// ParseObject splits the URI of one object, s3://bucket/key.
func ParseObject(uri string) (bucket, key string, err error) {
	rest, ok := strings.CutPrefix(uri, "s3://")
	bucket, key, found := strings.Cut(rest, "/")
	if !ok || !found || bucket == "" || key == "" || strings.HasSuffix(key, "/") {
		return "", "", fmt.Errorf("URI %q: expected an object's, s3://<bucket>/<key>", uri)
	}
	return bucket, key, nil
}
