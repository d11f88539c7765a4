package regioncopy

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

func TestBackupOverwriteRestore(t *testing.T) {
	w := newWorld(t)
	out := w.backed()
	if diff := cmp.Diff(BackupRegionOutput{ID: "5f1c", Backup: w.backup, Objects: 5, Bytes: sum(oldFiles), Copied: 5, CopiedBytes: sum(oldFiles), Done: true}, out); diff != "" {
		t.Error(diff)
	}
	w.holds(w.backup, oldFiles)
	w.holds(w.region.URI, oldFiles)

	p := w.overwritten()
	if diff := cmp.Diff(Progress{ID: "5f1c", Objects: 4, Bytes: sum(newFiles), Copied: 4, CopiedBytes: sum(newFiles), Removed: 2, Done: true}, p); diff != "" {
		t.Error(diff)
	}
	w.holds(w.region.URI, newFiles)
	w.holds(w.backup, oldFiles)
	w.holds(w.region.Source, newFiles)
	if diff := cmp.Diff([]string{"overwrite-region/5f1c"}, w.open()); diff != "" {
		t.Error(diff)
	}

	p = w.restored()
	if p.Objects != 5 || p.Removed != 1 {
		t.Errorf("restored %+v", p)
	}
	w.holds(w.region.URI, oldFiles)
	w.holds(w.backup, oldFiles)
	if open := w.open(); open != nil {
		t.Errorf("open entries: %q", open)
	}
	if p = w.restored(); p.Removed != 0 {
		t.Errorf("restored again: %+v", p)
	}
	w.holds(w.region.URI, oldFiles)
	_, err := w.overwrite(t.Context())
	w.fails(err, fault.BackupMissing, "new run")
}

func sum(files map[string]string) (n int64) {
	for _, body := range files {
		n += int64(len(body))
	}
	return n
}

func TestRepeatedVerbsChangeNothing(t *testing.T) {
	w := newWorld(t)
	w.backed()
	again := w.backed()
	if again.Copied != 0 || again.Backup != w.backup || again.Objects != 5 {
		t.Errorf("backed up again: %+v", again)
	}
	w.overwritten()
	// Objects of the very second in which overwriting began count as old, and are copied again.
	if p := w.overwritten(); p.Removed != 0 {
		t.Errorf("overwritten again: %+v", p)
	}
	w.holds(w.region.URI, newFiles)
	if again = w.backed(); again.Backup != w.backup {
		t.Errorf("backed up after the overwrite: %+v", again)
	}
	w.holds(w.backup, oldFiles)
}

func TestRestoreCopiesOnlyWhatWasTouched(t *testing.T) {
	w := newWorld(t)
	w.backed()
	if p := w.restored(); p.Copied != 0 || p.Removed != 0 {
		t.Errorf("nothing was overwritten, but: %+v", p)
	}
	w.holds(w.region.URI, oldFiles)
}

func TestBackupIsASiblingWithTheFirstFreeName(t *testing.T) {
	w := newWorld(t)
	w.put(w.region.URI.Sibling("-backup-"+date), "topo.json", "from this morning")
	w.put(w.region.URI.Sibling("-backup-"+date+"-2"), "topo.json", "from noon")
	out := w.backed()
	if want := w.region.URI.Sibling("-backup-" + date + "-3"); out.Backup != want {
		t.Errorf("backup = %s, want %s", out.Backup, want)
	}
	w.holds(out.Backup, oldFiles)
	w.holds(w.region.URI.Sibling("-backup-"+date), map[string]string{"topo.json": "from this morning"})
}

func TestOrderOfBecomingVisible(t *testing.T) {
	for _, verb := range []string{"overwrite", "restore"} {
		t.Run(verb, func(t *testing.T) {
			w := newWorld(t)
			w.backed()
			if verb == "restore" {
				w.overwritten()
			}
			c := &calls{}
			w.front.SetHooks(objectstore.Hooks{Fault: c.fault})
			files := newFiles
			if verb == "restore" {
				files = oldFiles
				w.restored()
			} else {
				w.overwritten()
			}
			copied := c.of("CopyObject")
			if len(copied) != len(files) {
				t.Fatalf("copied %q", copied)
			}
			for i := 1; i < len(copied); i++ {
				before, after := strings.TrimPrefix(copied[i-1], w.region.URI.Key), strings.TrimPrefix(copied[i], w.region.URI.Key)
				if phase(before) > phase(after) {
					t.Errorf("%s before %s", before, after)
				}
			}
			if last := copied[len(copied)-1]; !strings.HasSuffix(last, "/static-metadata.json") {
				t.Errorf("last copied: %s", last)
			}
			all := c.all
			removed := slices.IndexFunc(all, func(call string) bool { return strings.HasPrefix(call, "DeleteObjects") })
			if removed < slices.Index(all, "CopyObject "+copied[len(copied)-1]) {
				t.Error("objects were removed before the others were copied")
			}
		})
	}
}

func TestJournalIsWrittenBeforeTheFirstChange(t *testing.T) {
	w := newWorld(t)
	w.backed()
	c := &calls{}
	w.front.SetHooks(objectstore.Hooks{Fault: c.fault})
	w.overwritten()
	entry := slices.IndexFunc(c.all, func(call string) bool { return strings.HasPrefix(call, "PutObject runs/run-1/journal/") })
	first := slices.IndexFunc(c.all, func(call string) bool { return strings.HasPrefix(call, "CopyObject") })
	if entry < 0 || first < entry {
		t.Errorf("the entry is call %d, the first copy call %d", entry, first)
	}
	entries, err := w.journal.Open(t.Context(), run)
	if err != nil || len(entries) != 1 {
		t.Fatal(entries, err)
	}
	var in RestoreRegionInput
	if err := lambdarun.Decode(entries[0].Input, &in); err != nil || in.Validate() != nil || entries[0].Action != "restore-region" {
		t.Fatalf("the inverse %s cannot be carried out: %v", entries[0].Input, err)
	}
	verb := RestoreRegion{Objects: w.client, Bucket: w.state, Copier: w.copier(), Journal: w.journal, Now: time.Now}
	out, err := verb.Run(t.Context(), in)
	must(w, out, err)
	w.holds(w.region.URI, oldFiles)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(w *world)
		verb   func(w *world) error
		want   fault.Name
		word   string
	}{
		{"overwrite without a backup", func(*world) {}, overwrites, fault.BackupMissing, "not this run's backup"},
		{"restore without a backup", func(*world) {}, restores, fault.BackupMissing, "not this run's backup"},
		{"overwrite with a backup that is not verified", func(w *world) { w.halfBacked() }, overwrites, fault.BackupMissing, "not verified"},
		{"restore with a backup that is not verified", func(w *world) { w.halfBacked() }, restores, fault.BackupMissing, "not verified"},
		{"overwrite, an object of the backup is gone", func(w *world) { w.backed(); w.remove(w.backup, "topo.json") }, overwrites, fault.BackupMissing, `"topo.json" is gone`},
		{"overwrite, an object of the backup was replaced by one as long", func(w *world) { w.backed(); w.put(w.backup, "topo.json", "OLD topology") }, overwrites, fault.BackupMissing, `"topo.json" was replaced`},
		{"restore, an object of the backup was replaced by one as long", func(w *world) { w.backed(); w.put(w.backup, "topo.json", "OLD topology") }, restores, fault.BackupMissing, `"topo.json" was replaced`},
		{"overwrite, live data changed after the backup", func(w *world) { w.backed(); w.put(w.region.URI, "topo.json", "OLD topology") }, overwrites, fault.BackupMissing, `"topo.json" was replaced`},
		{"overwrite, live data grew after the backup", func(w *world) { w.backed(); w.put(w.region.URI, "extra", "unsaved") }, overwrites, fault.BackupMissing, `"extra" was added`},
		{"overwrite, another backup named", func(w *world) { w.backed(); w.backup = w.region.URI.Sibling("-backup-2020-01-01") }, overwrites, fault.BackupMissing, "not this run's backup"},
		{"overwrite, new data changed after inspection", func(w *world) { w.backed(); w.put(w.region.Source, "topo.json", "NEW topology") }, overwrites, fault.SourceChanged, "topo.json has changed"},
		{"overwrite, new data went away after inspection", func(w *world) { w.backed(); w.remove(w.region.Source, "topo.json") }, overwrites, fault.SourceChanged, "topo.json is gone"},
		{"overwrite, no inventory", func(w *world) { w.backed(); w.inventory += ".other" }, overwrites, fault.InvalidInput, "does not exist"},
		{"overwrite, another source's inventory", func(w *world) { w.backed(); w.region.Source = w.region.Source.Sibling("x") }, overwrites, fault.InvalidInput, "is of s3://"},
		{"overwrite, inventory of the region itself", func(w *world) { w.backed(); w.region.Source = w.region.URI; w.inspect() }, overwrites, fault.InvalidInput, "overlaps"},
		{"overwrite with nothing", func(w *world) { w.backed(); w.region.Source = w.region.URI.Sibling("-empty"); w.inspect() }, overwrites, fault.InvalidInput, "no objects"},
		{"backup of another prefix in the same run", func(w *world) { w.backed(); w.region.URI = w.region.Source }, backs, fault.InvalidInput, "not of"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.change(w)
			w.fails(tt.verb(w), tt.want, tt.word)
			if strings.HasPrefix(tt.name, "overwrite") && tt.want != fault.SourceChanged && w.open() != nil {
				t.Error("a refused overwrite left a journal entry")
			}
		})
	}
}

func backs(w *world) error      { _, err := w.back(w.Context()); return err }
func overwrites(w *world) error { _, err := w.overwrite(w.Context()); return err }
func restores(w *world) error   { _, err := w.restore(w.Context()); return err }

// halfBacked makes a backup that lacks an object.
func (w *world) halfBacked() {
	w.Helper()
	w.front.SetHooks(objectstore.Hooks{Fault: refuse("CopyObject", "/topo.json")})
	if out, err := w.back(w.Context()); err == nil {
		w.Fatalf("%+v", out)
	}
	w.front.SetHooks(objectstore.Hooks{})
}

// refuse forbids one kind of call for keys with a suffix.
func refuse(op, suffix string) func(op, bucket, key string) objectstore.Fault {
	return func(called, _, key string) objectstore.Fault {
		if called == op && strings.HasSuffix(key, suffix) {
			return objectstore.Fault{Refuse: &objectstore.Refusal{Status: http.StatusForbidden, Code: "AccessDenied", Message: "not you"}}
		}
		return objectstore.Fault{}
	}
}

func TestBackupIncomplete(t *testing.T) {
	tests := []struct {
		name, op string
		change   func(w *world)
		word     string
	}{
		{"live object replaced before it is copied", "CopyObject", func(w *world) { w.put(w.region.URI, "topo.json", "OLD topology") }, "topo.json has changed"},
		{"live object replaced after it was copied", "verify", func(w *world) { w.put(w.region.URI, "topo.json", "OLD topology") }, `"topo.json" was replaced`},
		{"live object added", "verify", func(w *world) { w.put(w.region.URI, "new", "new") }, `"new" was added`},
		{"copy corrupted", "verify", func(w *world) { w.put(w.backup, "topo.json", "OLD topology") }, `"topo.json" has the right size but other content`},
		{"something else in the backup", "verify", func(w *world) { w.put(w.backup, "stray", "stray") }, `"stray" was not live`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			listings, done := 0, false
			w.options.InFlight, w.options.MaxInFlight = 1, 1
			w.front.SetHooks(objectstore.Hooks{Fault: func(op, _, key string) objectstore.Fault {
				if op == "ListObjectsV2" {
					listings++ // live, the sibling, the backup; then for the verification
				}
				if !done && (op == tt.op || tt.op == "verify" && listings == 4) {
					done = true
					return objectstore.Fault{Before: func() { tt.change(w) }}
				}
				return objectstore.Fault{}
			}})
			_, err := w.back(t.Context())
			w.fails(err, fault.BackupIncomplete, tt.word)
			w.front.SetHooks(objectstore.Hooks{})
			_, err = w.overwrite(t.Context())
			w.fails(err, fault.BackupMissing, "not verified")
		})
	}
}

func TestOverwriteLeavesWhatTheBackupDoesNotHave(t *testing.T) {
	w := newWorld(t)
	w.backed()
	added := false
	w.front.SetHooks(objectstore.Hooks{Fault: func(op, _, _ string) objectstore.Fault {
		if op == "CopyObject" && !added {
			added = true
			return objectstore.Fault{Before: func() { w.put(w.region.URI, "added meanwhile", "precious") }}
		}
		return objectstore.Fault{}
	}})
	w.options.InFlight, w.options.MaxInFlight = 1, 1
	w.overwritten()
	if got := w.files(w.region.URI)["added meanwhile"]; got != "precious" {
		t.Errorf("the object that nobody backed up is %q", got)
	}
}

func TestOverwriteDetectsCorruption(t *testing.T) {
	w := newWorld(t)
	w.backed()
	listings := 0
	w.options.InFlight, w.options.MaxInFlight = 1, 1
	w.front.SetHooks(objectstore.Hooks{Fault: func(op, _, _ string) objectstore.Fault {
		if op == "ListObjectsV2" {
			listings++ // the backup, live, live before the copy, live for the verification
		}
		if listings == 4 && op == "ListObjectsV2" {
			return objectstore.Fault{Before: func() { w.put(w.region.URI, "topo.json", "NEW topology") }}
		}
		return objectstore.Fault{}
	}})
	_, err := w.overwrite(t.Context())
	if err == nil || !strings.Contains(err.Error(), `"topo.json" has the right size but other content`) {
		t.Errorf("error = %v", err)
	}
	w.front.SetHooks(objectstore.Hooks{})
	w.restored()
	w.holds(w.region.URI, oldFiles)
}

func TestInputs(t *testing.T) {
	region := `"region":{"id":"5f1c","name":"Texas","uri":"s3://data/TX/v1","source":"s3://data/TX/v2/","version":"x","maps":3,"mended":["uri"]}`
	tests := []struct {
		name, payload string
		in            lambdarun.Validator
		bad           string
	}{
		{"backup", `{"run":"r",` + region + `,"date":"2026-11-22"}`, &BackupRegionInput{}, ""},
		{"overwrite", `{"run":"r",` + region + `,"inventory":"s3://state/i.json.gz","backup":"s3://data/TX/v1-backup-2026-11-22/"}`, &OverwriteRegionInput{}, ""},
		{"restore", `{"run":"r",` + region + `,"backup":"s3://data/TX/v1-backup-2026-11-22/"}`, &RestoreRegionInput{}, ""},
		{"bad date", `{"run":"r",` + region + `,"date":"22.11.2026"}`, &BackupRegionInput{}, "date"},
		{"no run", `{` + region + `}`, &BackupRegionInput{}, "run"},
		{"no id", `{"run":"r","region":{"uri":"s3://data/TX/v1/"}}`, &BackupRegionInput{}, "region.id"},
		{"id of two segments", `{"run":"r","region":{"id":"a/b","uri":"s3://data/TX/v1/"}}`, &BackupRegionInput{}, "region.id"},
		{"no uri", `{"run":"r","region":{"id":"a"}}`, &BackupRegionInput{}, "region.uri"},
		{"no inventory", `{"run":"r",` + region + `,"backup":"s3://data/TX/v1-backup-2026-11-22/"}`, &OverwriteRegionInput{}, "inventory"},
		{"no backup", `{"run":"r",` + region + `,"inventory":"s3://state/i.json.gz"}`, &OverwriteRegionInput{}, "backup"},
		{"backup inside the region", `{"run":"r",` + region + `,"backup":"s3://data/TX/v1/-backup-2026-11-22/"}`, &RestoreRegionInput{}, "sibling"},
		{"backup around the region", `{"run":"r",` + region + `,"backup":"s3://data/TX/"}`, &RestoreRegionInput{}, "sibling"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := lambdarun.Decode([]byte(tt.payload), tt.in); err != nil {
				t.Fatal(err)
			}
			err := tt.in.Validate()
			if (err == nil) != (tt.bad == "") || err != nil && !strings.Contains(err.Error(), tt.bad) {
				t.Errorf("error = %v, want one with %q", err, tt.bad)
			}
		})
	}
	b, err := json.Marshal(Region{ID: "a", URI: s3uri.Prefix{Bucket: "data", Key: "v1/"}})
	if err != nil || string(b) != `{"id":"a","uri":"s3://data/v1/"}` {
		t.Errorf("%s, %v", b, err)
	}
}

// Two calls at once, as after a timeout that was none, must go on with one backup.
func TestFirstChoiceOfABackupWins(t *testing.T) {
	w := newWorld(t)
	other := w.region.URI.Sibling("-backup-" + date + "-2")
	var once sync.Once
	w.front.SetHooks(objectstore.Hooks{Fault: func(op, _, key string) objectstore.Fault {
		if op != "PutObject" || !strings.HasSuffix(key, "/"+choiceName) {
			return objectstore.Fault{}
		}
		return objectstore.Fault{Before: func() {
			once.Do(func() {
				var written choice
				r := recordsOf(w.direct, w.state, run, w.region.ID)
				live, err := w.copier().Take(t.Context(), w.region.URI)
				if err != nil {
					t.Error(err)
				}
				written.Live, written.Backup = w.region.URI, other
				if written.Of, err = r.writeInventory(t.Context(), liveInventoryName, live); err != nil {
					t.Error(err)
				}
				if err := r.put(t.Context(), choiceName, written); err != nil {
					t.Error(err)
				}
			})
		}}
	}})
	if out := w.backed(); out.Backup != other {
		t.Errorf("backup = %s, want the first choice %s", out.Backup, other)
	}
	w.holds(other, oldFiles)
	w.holds(w.backup, map[string]string{})
}
