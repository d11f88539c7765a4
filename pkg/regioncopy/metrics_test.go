package regioncopy

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

// volume is what a line of metrics tells.
type volume struct{ ObjectsCopied, BytesCopied int64 }

// What was copied stays copied when the call fails, and the next one does not copy it again: both are measured.
func TestWhatAFailedCallHasCopiedIsMeasured(t *testing.T) {
	t.Parallel()
	const last = "static-metadata.json"
	backs := func(w *world) []volume { return measure(w, w.back) }
	overwrites := func(w *world) []volume { return measure(w, w.overwrite) }
	restores := func(w *world) []volume { return measure(w, w.restore) }
	for _, tt := range []struct {
		name       string
		before     func(w *world)
		op, suffix string // the call that is refused
		verb       func(w *world) []volume
		want       []volume
	}{
		{"a backup that cannot be marked as verified", func(*world) {}, "PutObject", verifiedName, backs, []volume{{5, sum(oldFiles)}}},
		{"an overwrite without its last object", func(w *world) { w.backed() }, "CopyObject", last, overwrites,
			[]volume{{3, sum(newFiles) - int64(len(newFiles[last]))}}},
		{"a restore without its last object", func(w *world) { w.backed(); w.overwritten() }, "CopyObject", last, restores,
			[]volume{{4, sum(oldFiles) - int64(len(oldFiles[last]))}}},
		{"an overwrite that does not begin", func(w *world) { w.backed() }, "GetObject", verifiedName, overwrites, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.before(w)
			w.front.SetHooks(objectstore.Hooks{Fault: refuse(tt.op, tt.suffix)})
			if diff := cmp.Diff(tt.want, tt.verb(w)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// measure runs a verb that fails and returns what the lines of metrics tell.
func measure[Out lambdarun.Measured](w *world, verb func(context.Context) (Out, error)) (lines []volume) {
	w.Helper()
	var log bytes.Buffer
	env := lambdarun.Env{Now: time.Now, Log: slog.New(slog.NewJSONHandler(&log, nil))}
	measured := lambdarun.Measure(env, "Staging", func(ctx context.Context, _ struct{}) (Out, error) { return verb(ctx) })
	if out, err := measured(w.Context(), struct{}{}); err == nil {
		w.Errorf("it does not fail: %+v", out)
	}
	for text := range bytes.Lines(log.Bytes()) {
		var line volume
		if err := json.Unmarshal(text, &line); err != nil {
			w.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}
