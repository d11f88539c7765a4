package regioncopy

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// cutOff lets a verb die after the effect of its i-th call: that call's answer is lost, and no later call gets through.
// Before calls that change anything it checks what must always hold.
func (w *world) cutOff(i int) (objectstore.Hooks, *int) {
	var mu sync.Mutex
	calls := 0
	return objectstore.Hooks{Fault: func(op, bucket, key string) objectstore.Fault {
		mu.Lock()
		defer mu.Unlock()
		calls++
		switch n := calls - 1; {
		case n == i:
			lost := w.checked(op, bucket, key)
			lost.LostAnswer = true
			return lost
		case n > i:
			return objectstore.Fault{Refuse: &objectstore.Refusal{Status: 403, Code: "AccessDenied", Message: "the function is dead"}}
		}
		return w.checked(op, bucket, key)
	}}, &calls
}

// checked lets a call pass, and checks the invariant before it if it changes anything.
func (w *world) checked(op, _, _ string) objectstore.Fault {
	if !changes[op] {
		return objectstore.Fault{}
	}
	return objectstore.Fault{Before: w.invariant}
}

// invariant: the live prefix, or the verified backup, is the complete data from before the run.
func (w *world) invariant() {
	if maps.Equal(w.etags(w.region.URI), etagsOf(oldFiles)) {
		return
	}
	_, err := w.direct.HeadObject(context.WithoutCancel(w.Context()), &s3.HeadObjectInput{Bucket: &w.state, Key: aws.String("runs/run-1/regions/5f1c/" + verifiedName)})
	if err != nil {
		w.Errorf("live data has changed and there is no verified backup: %v", err)
	}
	if !maps.Equal(w.etags(w.backup), etagsOf(oldFiles)) {
		w.Error("live data has changed and the backup is not complete")
	}
}

// etags lists what lies below a prefix.
func (w *world) etags(at s3uri.Prefix) map[string]string {
	inv, err := s3copy.New(w.direct, s3copy.Options{}).List(context.WithoutCancel(w.Context()), at)
	if err != nil {
		w.Error(err)
	}
	etags := map[string]string{}
	for _, o := range inv.Objects {
		etags[o.Key] = o.ETag
	}
	return etags
}

func etagsOf(files map[string]string) map[string]string {
	etags := map[string]string{}
	for key, body := range files {
		etags[key] = fmt.Sprintf("%x", md5.Sum([]byte(body)))
	}
	return etags
}

// changes are the calls before which the invariant is checked: nothing can break between others.
var changes = map[string]bool{"PutObject": true, "CopyObject": true, "DeleteObjects": true, "CompleteMultipartUpload": true}

func TestCutOffAfterEveryCall(t *testing.T) {
	t.Parallel()
	verbs := []struct {
		name   string
		before func(w *world)
		verb   func(w *world) error
		after  func(w *world) // repeats the verb, or undoes it
	}{
		{"backup", func(*world) {}, backs, func(w *world) {
			w.backed()
			w.holds(w.region.URI, oldFiles)
			w.holds(w.backup, oldFiles)
			w.overwritten()
		}},
		{"overwrite", func(w *world) { w.backed() }, overwrites, func(w *world) {
			w.overwritten()
			w.holds(w.region.URI, newFiles)
			w.holds(w.backup, oldFiles)
			if len(w.open()) != 1 {
				w.Errorf("open entries: %q", w.open())
			}
		}},
		{"overwrite, undone instead of repeated", func(w *world) { w.backed() }, overwrites, (*world).undone},
		{"restore", func(w *world) { w.backed(); w.overwritten() }, restores, (*world).undone},
	}
	for _, tt := range verbs {
		t.Run(tt.name, func(t *testing.T) {
			// attempt cuts the verb off after call i and returns how many calls it makes in all, if it was not reached.
			attempt := func(t *testing.T, i int) int {
				w := newWorld(t)
				tt.before(w)
				hooks, calls := w.cutOff(i)
				w.front.SetHooks(hooks)
				if err := tt.verb(w); err != nil && *calls <= i {
					t.Fatalf("not cut off at all, but: %v", err)
				}
				made := *calls
				w.front.SetHooks(objectstore.Hooks{Fault: w.checked})
				tt.after(w)
				return made
			}
			const never = 1 << 20
			for i := range attempt(t, never) {
				t.Run(fmt.Sprintf("after call %d", i), func(t *testing.T) {
					t.Parallel()
					attempt(t, i)
				})
			}
		})
	}
}

// undone restores: at once, or, if a call may still be writing, when that is over.
func (w *world) undone() {
	w.Helper()
	before := w.files(w.region.URI)
	if p, err := w.restore(w.Context()); err != nil || !p.Done {
		w.waits(p, err)
		w.holds(w.region.URI, before)
		w.later = longest
	}
	w.restored()
	w.holds(w.region.URI, oldFiles)
	w.holds(w.backup, oldFiles)
	if open := w.open(); open != nil {
		w.Errorf("open entries: %q", open)
	}
}

func TestDeadlinesStopEachVerbAndTheNextCallGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tiles := map[string]string{}
	for i := range 16 {
		tiles[fmt.Sprintf("tiles/9/%d.pbf", i)] = fmt.Sprintf("tile %d", i)
	}
	old, next := maps.Clone(oldFiles), maps.Clone(newFiles)
	maps.Copy(old, tiles)
	maps.Copy(next, tiles)
	w.fill(w.region.URI, tiles)
	w.fill(w.region.Source, tiles)
	w.inspect()
	// Copying has to stop after 300 ms; a slow machine has the margin to answer in.
	const deadline, margin = 10 * time.Second, 9700 * time.Millisecond
	w.options.InFlight, w.options.MaxInFlight, w.options.Margin = 2, 2, margin
	w.front.SetHooks(objectstore.Hooks{Fault: func(op, _, _ string) objectstore.Fault {
		if op == "CopyObject" {
			return objectstore.Fault{Delay: 40 * time.Millisecond}
		}
		return objectstore.Fault{}
	}})
	repeat := func(name string, verb func(context.Context) (bool, error)) {
		t.Helper()
		for turns := 1; ; turns++ {
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			done, err := verb(ctx)
			if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
				err = nil // it had to stop before it could copy: that may pass
			}
			if err != nil || ctx.Err() != nil || turns > 50 {
				t.Fatalf("%s, turn %d: %v, context: %v", name, turns, err, ctx.Err())
			}
			cancel()
			if done {
				if turns == 1 {
					t.Errorf("%s was not interrupted", name)
				}
				return
			}
		}
	}
	repeat("backup", func(ctx context.Context) (bool, error) { out, err := w.back(ctx); return out.Done, err })
	w.holds(w.backup, old)
	repeat("overwrite", func(ctx context.Context) (bool, error) { out, err := w.overwrite(ctx); return out.Done, err })
	w.holds(w.region.URI, next)
	repeat("restore", func(ctx context.Context) (bool, error) { out, err := w.restore(ctx); return out.Done, err })
	w.holds(w.region.URI, old)
}

func TestOrderOfPhases(t *testing.T) {
	for key, want := range map[string]int{
		"tiles/0/0/0.pbf": 0, "tiles/metadata.json": 0, "input.geojson": 0, "unknown": 0, "old/topo.json": 0, "old/x.buf": 0,
		"topo.json": 1, "geounit-hierarchy.json": 1, "population.buf": 1, "static-metadata.json": 2,
	} {
		if got := phase(key); got != want {
			t.Errorf("phase(%q) = %d, want %d", key, got, want)
		}
	}
}

func TestUntouched(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	was := s3copy.Object{Key: "a", Size: 1, ETag: "e", LastModified: noon}
	later, other := was, was
	later.LastModified, other.ETag = noon.Add(time.Second), "f"
	tests := []struct {
		name        string
		there       s3copy.Object
		overwritten time.Time
		want        bool
	}{
		{"older than the overwrite", was, noon.Add(time.Second), true},
		{"of the overwrite's first second: it may be either", was, noon, false},
		{"same content, written again", later, noon, false},
		{"other content", other, noon.Add(time.Second), false},
	}
	for _, tt := range tests {
		if got := untouched(was, tt.there, tt.overwritten); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
