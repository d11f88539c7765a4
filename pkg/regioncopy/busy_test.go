package regioncopy

import (
	"context"
	"testing"
	"time"
)

func (w *world) busyUntil() time.Time {
	w.Helper()
	var mark busy
	if _, err := recordsOf(w.direct, w.state, run, w.region.ID).read(w.Context(), busyName, &mark); err != nil {
		w.Fatal(err)
	}
	return mark.Until
}

func TestBusyUntilTheDeadline(t *testing.T) {
	w := newWorld(t)
	r := recordsOf(w.client, w.state, run, w.region.ID)
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name     string
		deadline time.Duration // from now; 0 is none
		want     time.Time
	}{
		{"no deadline", 0, noon.Add(longest)},
		{"a minute", time.Minute, noon.Add(time.Minute)},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		if tt.deadline > 0 {
			ctx, cancel = context.WithTimeout(t.Context(), tt.deadline)
		}
		end, err := r.beBusy(ctx, noon)
		if err != nil {
			t.Fatal(err)
		}
		if off := tt.want.Sub(w.busyUntil()); off < 0 || off > 20*time.Second {
			t.Errorf("%s: busy until %s, want %s", tt.name, w.busyUntil(), tt.want)
		}
		cancel() // a call that is cut short records its end too
		end()
		if !w.busyUntil().IsZero() {
			t.Errorf("%s: after its end busy until %s", tt.name, w.busyUntil())
		}
	}
}

// A call whose answer was lost runs on while its repetition begins, and each may end first.
func TestBusyWithTwoCalls(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	one, two := noon.Add(longest), noon.Add(longest+time.Minute)
	tests := []struct {
		name   string
		second time.Time   // when the second call begins
		ends   []int       // in which order
		want   []time.Time // after each end
	}{
		{"the repetition ends first", noon.Add(time.Minute), []int{1, 0}, []time.Time{one, {}}},
		{"the repetition ends last", noon.Add(time.Minute), []int{0, 1}, []time.Time{two, one}}, // longer than need be
		{"the first has died long ago", noon.Add(time.Hour), []int{1}, []time.Time{{}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			r := recordsOf(w.client, w.state, run, w.region.ID)
			var ends []func()
			for _, now := range []time.Time{noon, tt.second} {
				end, err := r.beBusy(t.Context(), now)
				if err != nil {
					t.Fatal(err)
				}
				ends = append(ends, end)
			}
			for i, n := range tt.ends {
				ends[n]()
				if got := w.busyUntil(); !got.Equal(tt.want[i]) {
					t.Errorf("after the end of call %d: busy until %s, want %s", n, got, tt.want[i])
				}
			}
		})
	}
}

// What a call wrote while a restore waited for it must not count as put back already.
func TestRestoreDistrustsWhatWasWrittenWhileItWaited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := recordsOf(w.client, w.state, run, w.region.ID)
	for _, until := range []time.Time{{}, time.Now().Add(time.Hour).UTC()} {
		verb := RestoreRegion{Now: time.Now}
		before, err := verb.done(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(1100 * time.Millisecond) // S3's clock counts whole seconds
		if err := r.put(t.Context(), busyName, busy{until}); err != nil {
			t.Fatal(err)
		}
		after, err := verb.done(t.Context(), r)
		if err != nil || !after.ended.After(before.ended) || !until.IsZero() && !after.ended.Equal(until) {
			t.Errorf("until %s: nothing was written after %s, before it was %s; %v", until, after.ended, before.ended, err)
		}
	}
}
