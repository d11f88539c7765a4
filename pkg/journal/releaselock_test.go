package journal

import (
	"strings"
	"testing"
	"time"
)

func TestReleaseLock(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		free     bool // there is no lock
		left     bool // r1 has an open entry
		in       ReleaseLockInput
		released bool
		locked   bool // afterwards
		ended    bool // r1, afterwards
		open     int
	}{
		{name: "own", in: ReleaseLockInput{Owner: arn("one"), Run: "r1", Outcome: Succeeded}, released: true, ended: true},
		{name: "own, closing what is open", left: true, in: ReleaseLockInput{Owner: arn("one"), Run: "r1", Outcome: FailedClean}, released: true, ended: true},
		{name: "own, something left", left: true, in: ReleaseLockInput{Owner: arn("one"), Run: "r1", Outcome: "failed-dirty"}, locked: true, ended: true, open: 1},
		{name: "own, something left, forced", left: true, in: ReleaseLockInput{Owner: arn("one"), Run: "r1", Outcome: "failed-dirty", Force: true}, released: true, ended: true, open: 1},
		{name: "own, nothing left", in: ReleaseLockInput{Owner: arn("one"), Run: "r1", Outcome: "failed-dirty"}, released: true, ended: true},
		{name: "of another run", in: ReleaseLockInput{Owner: arn("two"), Run: "r2", Outcome: Succeeded}, locked: true},
		{name: "of another run, forced", in: ReleaseLockInput{Owner: arn("two"), Run: "r2", Outcome: Succeeded, Force: true}, locked: true},
		{name: "by a nested execution", left: true, in: ReleaseLockInput{Owner: arn("child"), Run: "r1", Outcome: Succeeded}, locked: true, open: 1},
		{name: "by a person, forced", in: ReleaseLockInput{Owner: "Ada", Run: "r1", Outcome: "stopped by hand", Force: true}, released: true, ended: true},
		{name: "none there", free: true, in: ReleaseLockInput{Owner: arn("one"), Run: "r1", Outcome: Succeeded}, ended: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, b, _ := newStore()
			if !tt.free {
				if _, err := acquire(s, nil).Run(t.Context(), request(arn("one"), "r1")); err != nil {
					t.Fatal(err)
				}
			}
			if tt.left {
				if err := s.Record(t.Context(), "r1", entry("scale-service", 2)); err != nil {
					t.Fatal(err)
				}
			}
			got, err := ReleaseLock{s}.Run(t.Context(), tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if got.Released != tt.released || got.Released == (got.Why != "") {
				t.Errorf("answer %+v; want released %v, and why not", got, tt.released)
			}
			again, err := ReleaseLock{s}.Run(t.Context(), tt.in)
			if err != nil || again.Released {
				t.Errorf("repeated: %+v, %v; want no error, nothing released", again, err)
			}
			objects := b.contents()
			if _, there := objects[lockKey]; there != tt.locked {
				t.Errorf("lock there afterwards: %v, want %v", there, tt.locked)
			}
			if _, ended := objects[finishedKey("r1")]; ended != tt.ended {
				t.Errorf("r1 ended: %v, want %v", ended, tt.ended)
			}
			if open, err := s.Open(t.Context(), "r1"); err != nil || len(open) != tt.open {
				t.Errorf("open: %v, %v; want %d", steps(open), err, tt.open)
			}
		})
	}
}

func TestReleaseLockNeverDeletesALockThatChangedHands(t *testing.T) {
	t.Parallel()
	s, b, _ := newStore()
	if _, err := acquire(s, nil).Run(t.Context(), request(arn("one"), "r1")); err != nil {
		t.Fatal(err)
	}
	b.before = func(operation, _ string) {
		if operation == "DeleteObject" {
			b.before = nil
			other := lock{Owner: arn("two"), Run: "r2", ExpiresAt: start.Add(time.Hour)}
			if err := s.put(t.Context(), lockKey, other); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := (ReleaseLock{s}).Run(t.Context(), ReleaseLockInput{Owner: arn("one"), Run: "r1", Outcome: Succeeded}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.contents()[lockKey], "r2") {
		t.Error("the lock of r2 was deleted")
	}
}
