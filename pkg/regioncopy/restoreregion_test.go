package regioncopy

import (
	"maps"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

func with(files map[string]string, key, body string) map[string]string {
	files = maps.Clone(files)
	files[key] = body
	return files
}

func TestRestoreLeavesWhatThisRunNeverOverwrote(t *testing.T) {
	tests := []struct {
		name, key, body string
		refused         bool
	}{
		{"an upload made overwriting refuse", "topo.json", "somebody's topology", true},
		{"an added object made overwriting refuse", "added.buf", "somebody's", true},
		{"overwriting never ran", "topo.json", "somebody's topology", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.backed()
			w.put(w.region.URI, tt.key, tt.body)
			if tt.refused {
				w.fails(overwrites(w), fault.BackupMissing, "has changed since it was backed up")
			}
			for range 2 {
				if diff := cmp.Diff(Progress{ID: "5f1c", Done: true}, w.restored()); diff != "" {
					t.Error(diff)
				}
			}
			w.holds(w.region.URI, with(oldFiles, tt.key, tt.body))
			w.fails(overwrites(w), fault.BackupMissing, "new run")
			if open := w.open(); open != nil {
				t.Errorf("open entries: %q", open)
			}
		})
	}
}

func TestRestoreRemovesOnlyWhatTheNewDataAdded(t *testing.T) {
	at := func(w *world) s3uri.Prefix { return s3uri.Prefix{Bucket: w.state, Key: "runs/run-1/regions/5f1c/"} }
	tests := []struct {
		name   string
		change func(w *world)
		want   map[string]string
	}{
		{"an object that nobody knows stays", func(*world) {}, with(oldFiles, "added.buf", "precious")},
		{"the inventory is gone", func(w *world) { w.remove(at(w), "inventory.json.gz") }, oldFiles},
		{"the inventory is another", func(w *world) { w.put(w.region.Source, "added.buf", "new"); w.inspect() }, oldFiles},
		{"overwriting recorded no inventory", func(w *world) { w.put(at(w), overwriteName, `{"at":"2026-11-22T00:00:00Z"}`) }, oldFiles},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.backed()
			w.overwritten()
			w.put(w.region.URI, "added.buf", "precious")
			tt.change(w)
			w.restored()
			w.holds(w.region.URI, tt.want)
		})
	}
}

func TestOverwriteGoesOnWithOneInventory(t *testing.T) {
	w := newWorld(t)
	w.backed()
	w.overwritten()
	w.put(w.region.Source, "added.buf", "new")
	w.inspect()
	w.fails(overwrites(w), fault.InvalidInput, "another inventory")
	w.undone()
}

// A restore at any moment of an overwrite: one of the two sees the other.
func TestRestoreAmidAnOverwrite(t *testing.T) {
	record := func(name string) string { return "runs/run-1/regions/5f1c/" + name }
	tests := []struct {
		name, op, key string
		nth           int32
		waits         bool
		refused       bool
	}{
		{"before overwriting has begun", "PutObject", record(overwriteName), 1, false, true},
		{"between the records of overwriting", "PutObject", record(busyName), 1, false, true},
		{"before overwriting looks for it again", "GetObject", record(restoreName), 2, true, true},
		{"amid the copies", "CopyObject", "", 2, true, false},
		{"before obsolete objects are removed", "DeleteObjects", "", 1, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.backed()
			var seen atomic.Int32
			var amid Progress
			var err error
			w.front.SetHooks(objectstore.Hooks{Fault: func(op, _, key string) objectstore.Fault {
				if op != tt.op || tt.key != "" && key != tt.key || seen.Add(1) != tt.nth {
					return objectstore.Fault{}
				}
				return objectstore.Fault{Before: func() { amid, err = w.restore(t.Context()) }}
			}})
			refusal := overwrites(w)
			if seen.Load() < tt.nth {
				t.Fatal("the moment never came")
			}
			if tt.waits {
				w.waits(amid, err)
			} else {
				must(w, amid, err)
			}
			if tt.refused {
				w.fails(refusal, fault.BackupMissing, "new run")
				w.holds(w.region.URI, oldFiles)
			} else if refusal != nil {
				t.Error(refusal)
			}
			w.undone()
			if w.later != 0 {
				t.Error("the restore waited for a call that had returned")
			}
		})
	}
}

// waits checks the answer of a restore that did nothing because an overwrite may be under way.
func (w *world) waits(p Progress, err error) {
	w.Helper()
	if err != nil || p.Done || p.Copied+p.Removed != 0 || !strings.Contains(p.Why, "may still be writing until ") {
		w.Errorf("restore answered %+v, %v; want it to wait", p, err)
	}
	read, err := w.journal.Open(w.Context(), run)
	if err != nil || len(read) != 1 {
		w.Errorf("open entries: %v, %v; want that of the overwrite", read, err)
	}
}
