package journal

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWatchLock(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		free  bool
		after time.Duration
		want  WatchLockOutput
	}{
		{name: "free", free: true},
		{name: "just taken", want: WatchLockOutput{Held: true, Run: "r1", Owner: "Ada"}},
		{name: "by a clock that is ahead", after: -time.Second, want: WatchLockOutput{Held: true, Run: "r1", Owner: "Ada"}},
		{name: "an hour", after: time.Hour, want: WatchLockOutput{Held: true, Run: "r1", Owner: "Ada", AgeSeconds: 3600}},
		{name: "expired", after: 6 * time.Hour, want: WatchLockOutput{Held: true, Run: "r1", Owner: "Ada", AgeSeconds: 21600, Expired: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, b, c := newStore()
			if !tt.free {
				if _, err := acquire(s, nil).Run(t.Context(), request("Ada", "r1")); err != nil {
					t.Fatal(err)
				}
			}
			before := b.contents()
			c.at = c.at.Add(tt.after)
			got, err := WatchLock{s}.Run(t.Context(), WatchLockInput{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if m := got.Metrics(); len(m) != 1 || m[0].Value != float64(tt.want.AgeSeconds) {
				t.Errorf("metrics %v", m)
			}
			if diff := cmp.Diff(before, b.contents()); diff != "" {
				t.Errorf("it changed the bucket: %s", diff)
			}
		})
	}
}

func TestWatchLockThatCannotLookFails(t *testing.T) {
	t.Parallel()
	s, b, _ := newStore()
	b.plan = map[int]mishap{0: throttled}
	if out, err := (WatchLock{s}).Run(t.Context(), WatchLockInput{}); err == nil {
		t.Errorf("a lock that was not seen is %+v", out)
	}
}
