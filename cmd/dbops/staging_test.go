package main

import (
	"testing"
	"time"
)

func TestTheClockIsRealUntilTheAccountIsReady(t *testing.T) {
	clock, ready := setUpClock(time.Now(), 1000)
	began, first := time.Now(), clock.Now()
	for time.Since(began) < 10*time.Millisecond {
		clock.Now()
	}
	if passed := clock.Now().Sub(first); passed > time.Since(began) {
		t.Errorf("%s have passed in %s", passed, time.Since(began))
	}
	fired := make(chan struct{})
	clock.AfterFunc(5*time.Minute, func() { close(fired) })
	ready()
	ready() // it may be called again
	<-fired
	if real := time.Since(began); real > time.Minute {
		t.Errorf("five minutes at 1000 times the pace took %s", real)
	}
}
