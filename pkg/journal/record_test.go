package journal

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

var start = time.Date(2026, 11, 22, 20, 4, 5, 123e6, time.UTC)

// clock is a clock that stands until it is set.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newStore() (*Store, *bucket, *clock) {
	c := &clock{start}
	b := newBucket(c.now)
	return New(b, "state", c.now), b, c
}

func entry(step string, desired int) Entry {
	return Entry{Step: step, Left: step + " is raised", Action: "scale-service",
		Input: json.RawMessage(fmt.Sprintf(`{"run":"r1","desired":%d,"undo":true}`, desired)), At: start}
}

func steps(entries []Entry) []string {
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Step)
	}
	return names
}

// everyMishap runs act with each mishap at each of its calls, repeats it as a state machine does until it succeeds,
// and demands the answer and the objects of the run without mishaps.
func everyMishap[A any](t *testing.T, prepare func(*testing.T, *Store, *clock), act func(*testing.T, *Store) (A, error)) {
	t.Helper()
	play := func(t *testing.T, plan map[int]mishap) (A, map[string]string, int) {
		s, b, c := newStore()
		if prepare != nil {
			prepare(t, s, c)
		}
		b.calls, b.plan = 0, plan
		got, err := act(t, s)
		calls := b.calls
		for tries := 0; err != nil; tries++ {
			if name := lambdarun.Named(err).Type; name != string(fault.Unavailable) || tries == 3 {
				t.Fatalf("%s: %v", name, err)
			}
			got, err = act(t, s)
		}
		return got, b.contents(), calls
	}
	want, objects, calls := play(t, nil)
	if calls == 0 {
		t.Fatal("no call was made")
	}
	for n := range calls {
		for _, m := range []mishap{lostBefore, lostAfter, sentTwice, throttled, conflicted} {
			t.Run(fmt.Sprintf("call %d %s", n, m), func(t *testing.T) {
				got, now, _ := play(t, map[int]mishap{n: m})
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("the answer differs (-undisturbed +got):\n%s", diff)
				}
				if diff := cmp.Diff(objects, now); diff != "" {
					t.Errorf("the objects differ (-undisturbed +got):\n%s", diff)
				}
			})
		}
	}
}

func TestRecordKeepsTheFirstValues(t *testing.T) {
	t.Parallel()
	s, _, _ := newStore()
	for _, desired := range []int{2, 5} {
		if err := s.Record(t.Context(), "r1", entry("scale-service", desired)); err != nil {
			t.Fatal(err)
		}
	}
	open, err := s.Open(t.Context(), "r1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Entry{entry("scale-service", 2)}, open); diff != "" {
		t.Error(diff)
	}
}

func TestRecordAfterCloseOpensTheStepWithNewValues(t *testing.T) {
	t.Parallel()
	s, _, _ := newStore()
	ctx := t.Context()
	if err := s.Record(ctx, "r1", entry("scale-service", 2)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(ctx, "r1", "scale-service"); err != nil {
			t.Fatal(err)
		}
	}
	if open, err := s.Open(ctx, "r1"); err != nil || len(open) != 0 {
		t.Fatalf("after Close: %v, %v; want nothing open", steps(open), err)
	}
	if err := s.Record(ctx, "r1", entry("scale-service", 7)); err != nil {
		t.Fatal(err)
	}
	open, err := s.Open(ctx, "r1")
	if diff := cmp.Diff([]Entry{entry("scale-service", 7)}, open); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestCloseOfAnUnknownStepHidesNothingLater(t *testing.T) {
	t.Parallel()
	s, b, _ := newStore()
	if err := s.Close(t.Context(), "r1", "scale-service"); err != nil || len(b.keys()) != 0 {
		t.Fatalf("Close: %v, wrote %v", err, b.keys())
	}
	if err := s.Record(t.Context(), "r1", entry("scale-service", 2)); err != nil {
		t.Fatal(err)
	}
	if open, err := s.Open(t.Context(), "r1"); err != nil || len(open) != 1 {
		t.Errorf("Open = %v, %v; want the entry", open, err)
	}
}

func TestStepsDoNotCollide(t *testing.T) {
	t.Parallel()
	names := []string{"a", "a.closed", "a/closed", "a.json", "a%2Fclosed", "..", "overwrite-region/0b1c", "ü +:?#"}
	s, b, c := newStore()
	for i, name := range names {
		c.at = start.Add(time.Duration(i) * time.Second)
		e := entry(name, i)
		e.At = c.at
		if err := s.Record(t.Context(), "r1", e); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range b.keys() {
		if strings.Count(key, "/") != 3 {
			t.Errorf("key %q has more than one segment for the step", key)
		}
	}
	if err := s.Close(t.Context(), "r1", "a"); err != nil {
		t.Fatal(err)
	}
	open, err := s.Open(t.Context(), "r1")
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(names[1:])
	slices.Reverse(want)
	if diff := cmp.Diff(want, steps(open)); diff != "" {
		t.Errorf("open steps, newest first:\n%s", diff)
	}
	if other, err := s.Open(t.Context(), "r"); err != nil || len(other) != 0 {
		t.Errorf("run r has %v, %v; want nothing of run r1", steps(other), err)
	}
}

func TestRecordFailsAfterTheRunEnded(t *testing.T) {
	t.Parallel()
	end := func(t *testing.T, s *Store) {
		in := ReleaseLockInput{Owner: "me", Run: "r1", Outcome: "failed-dirty"}
		if _, err := (ReleaseLock{s}).Run(t.Context(), in); err != nil {
			t.Error(err)
		}
	}
	t.Run("before", func(t *testing.T) {
		s, b, _ := newStore()
		end(t, s)
		before := b.contents()
		if err := s.Record(t.Context(), "r1", entry("scale-service", 2)); err == nil || !strings.Contains(err.Error(), "failed-dirty") {
			t.Errorf("Record = %v; want an error that says how the run ended", err)
		}
		if diff := cmp.Diff(before, b.contents()); diff != "" {
			t.Errorf("it wrote something:\n%s", diff)
		}
	})
	t.Run("in between", func(t *testing.T) {
		s, b, _ := newStore()
		b.before = func(operation, key string) {
			if operation == "PutObject" && key == entryKey("r1", "scale-service") {
				b.before = nil
				end(t, s)
			}
		}
		if err := s.Record(t.Context(), "r1", entry("scale-service", 2)); err == nil {
			t.Error("Record succeeded though the run ended before the entry was written")
		}
	})
}

func TestJournalSurvivesMishaps(t *testing.T) {
	t.Parallel()
	record := func(desired int) func(*testing.T, *Store) (bool, error) {
		return func(t *testing.T, s *Store) (bool, error) {
			return true, s.Record(t.Context(), "r1", entry("scale-service", desired))
		}
	}
	t.Run("record", func(t *testing.T) { everyMishap(t, nil, record(2)) })
	recorded := func(t *testing.T, s *Store, _ *clock) {
		if _, err := record(2)(t, s); err != nil {
			t.Fatal(err)
		}
	}
	shut := func(t *testing.T, s *Store) (bool, error) { return true, s.Close(t.Context(), "r1", "scale-service") }
	t.Run("close", func(t *testing.T) { everyMishap(t, recorded, shut) })
	t.Run("record again", func(t *testing.T) {
		everyMishap(t, func(t *testing.T, s *Store, c *clock) {
			recorded(t, s, c)
			if _, err := shut(t, s); err != nil {
				t.Fatal(err)
			}
		}, record(7))
	})
	t.Run("open", func(t *testing.T) {
		everyMishap(t, recorded, func(t *testing.T, s *Store) ([]Entry, error) { return s.Open(t.Context(), "r1") })
	})
}

func TestValidRun(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		run string
		ok  bool
	}{
		"an execution's name":    {"0b1c2d3e-4f50_6172", true},
		"with dots":              {"tx.2026-11-22", true},
		"empty":                  {"", false},
		"a slash":                {"a/b", false},
		"a parent folder":        {"..", false},
		"a space":                {"a b", false},
		"a quote":                {"a'b", false},
		"a letter outside ASCII": {"tëst", false},
		"81 characters":          {strings.Repeat("a", 81), false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := ValidRun(tt.run); (err == nil) != tt.ok {
				t.Errorf("ValidRun(%q) = %v", tt.run, err)
			}
		})
	}
}
