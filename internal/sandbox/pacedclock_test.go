package sandbox

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestPacedClockRunsFastOnlyWhileIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		c := NewPacedClock(start, 60)
		time.Sleep(time.Second)
		if got := c.Now().Sub(start); got != time.Minute {
			t.Errorf("after an idle second %v have passed, want 1m", got)
		}
		done := c.Busy()
		time.Sleep(time.Second)
		if got := c.Now().Sub(start); got != 61*time.Second {
			t.Errorf("after a busy second %v have passed, want 1m1s", got)
		}
		done()
		time.Sleep(time.Second)
		if got := c.Now().Sub(start); got != 121*time.Second {
			t.Errorf("after another idle second %v have passed, want 2m1s", got)
		}
	})
}

func TestPacedClockTimersFollowTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c := NewPacedClock(start, 60)
		fired := make(chan time.Duration, 3)
		after := func(d time.Duration) func() bool {
			return c.AfterFunc(d, func() { fired <- time.Since(start) })
		}
		after(2 * time.Minute)
		stop := after(time.Minute)
		if !stop() || stop() {
			t.Error("stop must say true once")
		}
		time.Sleep(time.Second) // one of the two minutes has passed
		done := c.Busy()
		time.Sleep(30 * time.Second) // 30 s more
		done()
		// The other 30 s pass in half a second.
		if got := (<-fired).Round(10 * time.Millisecond); got != 31500*time.Millisecond {
			t.Errorf("the timer fired after %v, want 31.5s", got)
		}
	})
}
