package sandbox

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/apploader"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
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
	prefix, _, err := s3uri.Parse(uri)
	if err != nil {
		return "", err
	}
	fingerprint, err := Fingerprint(ctx, l.client, prefix)
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	known, ok := l.cache[uri+fingerprint]
	if !ok {
		known = loaded{fingerprint, apploader.Load(ctx, uri, files{l.client, prefix})}
		l.cache[uri+fingerprint] = known
	}
	return known.fingerprint, known.err
}

// Fingerprint identifies the content below a prefix: every key, size and ETag.
func Fingerprint(ctx context.Context, client *s3.Client, prefix s3uri.Prefix) (string, error) {
	found, err := objects(ctx, client, prefix.Bucket, prefix.Key)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(found)) {
		fmt.Fprintln(hash, key, found[key])
	}
	return fmt.Sprintf("%d objects, %x", len(found), hash.Sum(nil)[:8]), nil
}

// files are a region's files in S3, as the application opens them.
type files struct {
	client *s3.Client
	prefix s3uri.Prefix
}

func (f files) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	key := f.prefix.File(name)
	out, err := f.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &f.prefix.Bucket, Key: &key})
	var missing *types.NoSuchKey
	if errors.As(err, &missing) {
		return nil, fmt.Errorf("%s: %w", key, fs.ErrNotExist)
	}
	if err != nil {
		return nil, err
	}
	return out.Body, nil
}
