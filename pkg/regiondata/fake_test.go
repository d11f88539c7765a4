package regiondata

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/publicmapping/districtbuilder-ops/internal/regiongen"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// stored is an object of the fake.
type stored struct {
	body     string
	encoding string
}

func (o stored) etag() string {
	sum := md5.Sum([]byte(o.body))
	return hex.EncodeToString(sum[:])
}

// bucket is an S3 bucket in memory that fails with the SDK's errors.
type bucket struct {
	mu      sync.Mutex
	objects map[string]stored
	breaks  int                    // how often a body shall break off in the middle
	dead    bool                   // no body ever arrives
	before  func(key string) error // called before every read
	onWrite func(key string) error // called after a write has happened: an answer that is lost
	ranges  []string               // of reads that asked for one
}

func apiError(operation string, err error) error {
	return &smithy.OperationError{ServiceID: "S3", OperationName: operation, Err: err}
}

func (b *bucket) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.before != nil {
		if err := b.before(*in.Key); err != nil {
			return nil, apiError("GetObject", err)
		}
	}
	o, ok := b.objects[*in.Key]
	if !ok {
		return nil, apiError("GetObject", &types.NoSuchKey{})
	}
	if in.IfMatch != nil && *in.IfMatch != `"`+o.etag()+`"` {
		return nil, apiError("GetObject", &smithy.GenericAPIError{Code: "PreconditionFailed"})
	}
	body := o.body
	if in.Range != nil {
		b.ranges = append(b.ranges, *in.Range)
		var from int
		if _, err := fmt.Sscanf(*in.Range, "bytes=%d-", &from); err != nil {
			return nil, apiError("GetObject", &smithy.GenericAPIError{Code: "InvalidRange"})
		}
		body = body[from:]
	}
	out := &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(body)), ContentLength: aws.Int64(int64(len(body)))}
	if o.encoding != "" {
		out.ContentEncoding = &o.encoding
	}
	if b.dead {
		out.Body = io.NopCloser(broken{})
	}
	if b.breaks > 0 && len(body) > 1 {
		b.breaks--
		out.Body = io.NopCloser(io.MultiReader(strings.NewReader(body[:len(body)/2]), broken{}))
		if b.breaks%2 == 0 { // a connection may also end as if that were all
			out.Body = io.NopCloser(strings.NewReader(body[:len(body)/2]))
		}
	}
	return out, nil
}

// broken is a connection that breaks.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func (b *bucket) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.objects[*in.Key] = stored{body: string(body)}
	if b.onWrite != nil {
		if err := b.onWrite(*in.Key); err != nil {
			return nil, apiError("PutObject", err)
		}
	}
	return &s3.PutObjectOutput{}, nil
}

// List lists as s3copy does.
func (b *bucket) List(_ context.Context, at s3uri.Prefix) (s3copy.Inventory, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	inv := s3copy.Inventory{Prefix: at}
	for _, key := range slices.Sorted(maps.Keys(b.objects)) {
		if name, below := strings.CutPrefix(key, at.Key); below {
			o := b.objects[key]
			inv.Objects = append(inv.Objects, s3copy.Object{Key: name, Size: int64(len(o.body)), ETag: o.etag()})
		}
	}
	return inv, nil
}

// Take is List: nothing here is uploaded in parts.
func (b *bucket) Take(ctx context.Context, at s3uri.Prefix) (s3copy.Inventory, error) {
	return b.List(ctx, at)
}

// Empty is whether List would list nothing.
func (b *bucket) Empty(ctx context.Context, at s3uri.Prefix) (bool, error) {
	inv, err := b.List(ctx, at)
	return len(inv.Objects) == 0, err
}

const (
	livePrefix   = "regions/US/DE/live/"
	sourcePrefix = "uploads/DE/"
)

// world is a bucket with a live region and new data.
type world struct {
	*bucket
	region Region
	date   string
}

func newWorld(t *testing.T, o regiongen.Options) *world {
	t.Helper()
	w := &world{bucket: &bucket{objects: make(map[string]stored)}}
	w.region = Region{ID: "5f1c", Name: "Delaware", URI: "s3://data/" + livePrefix, Source: "s3://data/" + sourcePrefix, Maps: 3}
	w.load(t, livePrefix, regiongen.Options{})
	w.load(t, sourcePrefix, o)
	return w
}

func (w *world) load(t *testing.T, prefix string, o regiongen.Options) {
	t.Helper()
	files, err := regiongen.Generate(o)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range files {
		body, err := file.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		w.objects[prefix+name] = stored{body: string(body), encoding: file.ContentEncoding}
	}
}

func (w *world) run(t *testing.T) (InspectRegionOutput, error) {
	t.Helper()
	in := InspectRegionInput{Run: "run-1", Region: w.region, Date: w.date}
	if err := in.Validate(); err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }
	return InspectRegion{S3: w.bucket, Inventories: w.bucket, StateBucket: "state", Now: now}.Run(t.Context(), in)
}

// edit changes a file of the new data; it panics if there is nothing to change.
func (w *world) edit(name string, change func(string) string) {
	o, ok := w.objects[sourcePrefix+name]
	body := change(o.body)
	if !ok || body == o.body {
		panic("nothing changed in " + name)
	}
	o.body = body
	w.objects[sourcePrefix+name] = o
}

func (w *world) replace(name, old, new string) {
	w.edit(name, func(body string) string { return strings.Replace(body, old, new, 1) })
}

func (w *world) put(name, body string) { w.objects[sourcePrefix+name] = stored{body: body} }

func (w *world) remove(name string) {
	if _, ok := w.objects[sourcePrefix+name]; !ok {
		panic("no " + name)
	}
	delete(w.objects, sourcePrefix+name)
}

// zip stores a file gzip-encoded.
func (w *world) zip(t *testing.T, name string) {
	t.Helper()
	o := w.objects[sourcePrefix+name]
	var packed bytes.Buffer
	if err := gzipTo(&packed, o.body); err != nil {
		t.Fatal(err)
	}
	w.objects[sourcePrefix+name] = stored{body: packed.String(), encoding: "gzip"}
}

func parse(t *testing.T, uri string) s3uri.Prefix {
	t.Helper()
	p, _, err := s3uri.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
