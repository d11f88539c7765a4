package sandbox

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/apploader"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
)

// rows is region_config as a starting task reads it.
type rows struct{ db *pgxpool.Pool }

func (r rows) LiveRegions(ctx context.Context) ([]fleetsim.Region, error) {
	found, err := r.db.Query(ctx, `SELECT id::text, s3_uri, layer_size_in_bytes FROM region_config WHERE NOT archived ORDER BY id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(found, func(row pgx.CollectableRow) (r fleetsim.Region, err error) {
		err = row.Scan(&r.ID, &r.URI, &r.LayerSize)
		return r, err
	})
}

// loader loads a region as the application does, from the real files. What it has found is kept for as long as the
// files are the same, so that seven tasks need not read a region seven times.
type loader struct {
	client *s3.Client
	mu     *sync.Mutex
	cache  map[string]loaded
}

type loaded struct {
	fingerprint string
	err         error
}

func (l loader) Load(ctx context.Context, uri string) (string, error) {
	f, err := filesAt(l.client, uri)
	if err != nil {
		return "", err
	}
	fingerprint, err := f.fingerprint(ctx)
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	known, ok := l.cache[uri+fingerprint]
	if ok {
		return known.fingerprint, known.err
	}
	known = loaded{fingerprint, apploader.Load(ctx, uri, f)}
	var passing *smithy.OperationError // S3 did not answer: the next try may do better
	if !errors.As(known.err, &passing) {
		l.cache[uri+fingerprint] = known
	}
	return known.fingerprint, known.err
}

// files are a region's files in S3, as the application opens them: it appends the name to the URI as it stands in the
// row, so that a URI without its trailing slash finds nothing.
type files struct {
	client      *s3.Client
	bucket, key string
}

func filesAt(client *s3.Client, uri string) (files, error) {
	bucket, key, ok := strings.Cut(strings.TrimPrefix(uri, "s3://"), "/")
	if !ok {
		return files{}, fmt.Errorf("no bucket and key in %q", uri)
	}
	return files{client, bucket, key}, nil
}

// fingerprint identifies the files that a task loads, by key, size and ETag. Tiles are not among them.
func (f files) fingerprint(ctx context.Context) (string, error) {
	out, err := f.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &f.bucket, Prefix: &f.key, Delimiter: aws.String("/")})
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	for _, o := range out.Contents {
		fmt.Fprintln(hash, aws.ToString(o.Key), aws.ToInt64(o.Size), aws.ToString(o.ETag))
	}
	return fmt.Sprintf("%x", hash.Sum(nil)[:8]), nil
}

func (f files) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	key := f.key + name
	out, err := f.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &f.bucket, Key: &key})
	var missing *types.NoSuchKey
	if errors.As(err, &missing) {
		return nil, fmt.Errorf("%s: %w", key, fs.ErrNotExist)
	}
	if err != nil {
		return nil, err
	}
	return out.Body, nil
}
