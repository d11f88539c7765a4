package regioncopy

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/internal/s3test"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

var store s3test.Store

func TestMain(m *testing.M) { os.Exit(store.Run(m)) }

const (
	run  = "run-1"
	date = "2026-11-22"
)

// world is a region with live data and new data, and the verbs, which meet the faults of the front.
type world struct {
	*testing.T
	direct    *s3.Client
	client    *s3.Client
	front     *objectstore.Front
	state     string
	region    Region
	backup    s3uri.Prefix
	inventory string
	journal   *journal.Store
	options   s3copy.Options
	later     time.Duration // that restores look at the clock
}

var (
	oldFiles = map[string]string{"static-metadata.json": "old metadata", "topo.json": "old topology", "county.buf": "same",
		"tiles/1/0 0+é.pbf": "obsolete tile", "obsolete.buf": "obsolete"}
	newFiles = map[string]string{"static-metadata.json": "new metadata", "topo.json": "new topology", "county.buf": "same", "tiles/0/0/0.pbf": "added"}
)

func newWorld(t *testing.T) *world {
	t.Helper()
	front, config := store.Serve(t, objectstore.Hooks{})
	config.RetryMaxAttempts = 1
	w := &world{T: t, direct: store.Client(t.Context()), client: s3.NewFromConfig(config), front: front, state: store.Bucket(t), options: s3copy.Options{InFlight: 8}}
	data := store.Bucket(t)
	live := s3uri.Prefix{Bucket: data, Key: "regions/US/TX/2021-08-12T21:42:38.860Z/"}
	w.region = Region{ID: "5f1c", URI: live, Source: s3uri.Prefix{Bucket: data, Key: "regions/US/TX/2026-11-20T00:00:00.000Z/"}}
	w.backup = live.Sibling("-backup-" + date)
	w.journal = journal.New(w.client, w.state, time.Now)
	w.fill(live, oldFiles)
	w.fill(w.region.Source, newFiles)
	w.inspect()
	return w
}

// inspect writes the inventory of the new data, as inspect-region does.
func (w *world) inspect() {
	w.Helper()
	inv, err := s3copy.New(w.direct, s3copy.Options{}).Take(w.Context(), w.region.Source)
	if err != nil {
		w.Fatal(err)
	}
	if _, err := inv.Write(w.Context(), w.direct, w.state, "runs/run-1/regions/5f1c/inventory.json.gz"); err != nil {
		w.Fatal(err)
	}
	w.inventory = "s3://" + w.state + "/runs/run-1/regions/5f1c/inventory.json.gz"
}

func (w *world) fill(at s3uri.Prefix, files map[string]string) {
	w.Helper()
	for key, body := range files {
		w.put(at, key, body)
	}
}

func (w *world) put(at s3uri.Prefix, key, body string) {
	w.Helper()
	_, err := w.direct.PutObject(context.WithoutCancel(w.Context()), &s3.PutObjectInput{Bucket: &at.Bucket, Key: aws.String(at.File(key)), Body: strings.NewReader(body),
		ContentType: aws.String("application/x-" + body[:3])})
	if err != nil {
		w.Error(err)
	}
}

func (w *world) remove(at s3uri.Prefix, key string) {
	w.Helper()
	if _, err := w.direct.DeleteObject(w.Context(), &s3.DeleteObjectInput{Bucket: &at.Bucket, Key: aws.String(at.File(key))}); err != nil {
		w.Fatal(err)
	}
}

// files reads everything below a prefix.
func (w *world) files(at s3uri.Prefix) map[string]string {
	w.Helper()
	ctx := context.WithoutCancel(w.Context())
	listed, err := w.direct.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &at.Bucket, Prefix: &at.Key})
	if err != nil {
		w.Fatal(err)
	}
	files := map[string]string{}
	for _, o := range listed.Contents {
		out, err := w.direct.GetObject(ctx, &s3.GetObjectInput{Bucket: &at.Bucket, Key: o.Key})
		if err != nil {
			w.Fatal(err)
		}
		body, err := io.ReadAll(out.Body)
		out.Body.Close()
		if err != nil || *out.ContentType != "application/x-"+string(body[:3]) {
			w.Errorf("%s: %v, type %s", *o.Key, err, *out.ContentType)
		}
		files[strings.TrimPrefix(*o.Key, at.Key)] = string(body)
	}
	return files
}

func (w *world) holds(at s3uri.Prefix, want map[string]string) {
	w.Helper()
	if got := w.files(at); !maps.Equal(got, want) {
		w.Errorf("%s holds %q, want %q", at, got, want)
	}
}

func (w *world) copier() *s3copy.Copier { return s3copy.New(w.client, w.options) }

func (w *world) back(ctx context.Context) (BackupRegionOutput, error) {
	verb := BackupRegion{Objects: w.client, Bucket: w.state, Copier: w.copier(), Now: time.Now}
	return verb.Run(ctx, BackupRegionInput{Run: run, Region: w.region, Date: date})
}

func (w *world) overwrite(ctx context.Context) (Progress, error) {
	verb := OverwriteRegion{Objects: w.client, Bucket: w.state, Copier: w.copier(), Journal: w.journal, Now: time.Now}
	return verb.Run(ctx, OverwriteRegionInput{Run: run, Region: w.region, Inventory: w.inventory, Backup: w.backup})
}

func (w *world) restore(ctx context.Context) (Progress, error) {
	verb := RestoreRegion{Objects: w.client, Bucket: w.state, Copier: w.copier(), Journal: w.journal, Now: func() time.Time { return time.Now().Add(w.later) }}
	return verb.Run(ctx, RestoreRegionInput{Run: run, Region: w.region, Backup: w.backup})
}

// must fails the test unless a verb is done.
func must[T any](w *world, out T, err error) T {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
	if done := fmt.Sprintf("%+v", out); !strings.Contains(done, "Done:true") {
		w.Fatalf("not done: %s", done)
	}
	return out
}

func (w *world) backed() BackupRegionOutput {
	w.Helper()
	out, err := w.back(w.Context())
	return must(w, out, err)
}

func (w *world) overwritten() Progress {
	w.Helper()
	out, err := w.overwrite(w.Context())
	return must(w, out, err)
}

func (w *world) restored() Progress {
	w.Helper()
	out, err := w.restore(w.Context())
	return must(w, out, err)
}

// open returns the steps whose journal entries are open.
func (w *world) open() []string {
	w.Helper()
	entries, err := w.journal.Open(w.Context(), run)
	if err != nil {
		w.Fatal(err)
	}
	var steps []string
	for _, e := range entries {
		steps = append(steps, e.Step)
	}
	return steps
}

// fails checks a verb's error by its name and by a word of its message.
func (w *world) fails(err error, name fault.Name, word string) {
	w.Helper()
	if got, _ := fault.NameOf(err); err == nil || got != name || !strings.Contains(err.Error(), word) {
		w.Errorf("error = %q %v, want %s with %q", got, err, name, word)
	}
}

// calls records the calls that change or read S3.
type calls struct {
	mu  sync.Mutex
	all []string // "CopyObject key"
}

func (c *calls) fault(op, _, key string) objectstore.Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, op+" "+key)
	return objectstore.Fault{}
}

func (c *calls) of(op string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []string
	for _, call := range c.all {
		if key, ok := strings.CutPrefix(call, op+" "); ok {
			found = append(found, key)
		}
	}
	return slices.Clone(found)
}
