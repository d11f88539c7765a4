package asl

import "time"

// A timer fires once; without a duration never.
type timer struct {
	fired chan struct{}
	stop  func() bool
}

func newTimer(clock Clock, d time.Duration) timer {
	if d <= 0 {
		return timer{stop: func() bool { return false }}
	}
	fired := make(chan struct{})
	return timer{fired: fired, stop: clock.AfterFunc(d, func() { close(fired) })}
}
