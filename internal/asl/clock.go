package asl

import "time"

// A Clock tells the time and wakes whoever waits. AfterFunc runs f in its own goroutine after d;
// stop prevents that and reports whether it was in time.
type Clock interface {
	Now() time.Time
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// RealClock is the computer's clock, or the fake one inside a testing/synctest bubble.
type RealClock struct{}

// Now returns the current time.
func (RealClock) Now() time.Time { return time.Now() }

// AfterFunc is time.AfterFunc.
func (RealClock) AfterFunc(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }

// ScaledClock runs Factor times as fast as the real one from Start on, a real time such as time.Now().
type ScaledClock struct {
	Factor float64
	Start  time.Time
}

// Now returns Start plus the real time since then, times Factor.
func (c ScaledClock) Now() time.Time {
	return c.Start.Add(time.Duration(float64(time.Since(c.Start)) * c.Factor))
}

// AfterFunc runs f once d of the scaled time has passed.
func (c ScaledClock) AfterFunc(d time.Duration, f func()) func() bool {
	return time.AfterFunc(time.Duration(float64(d)/c.Factor), f).Stop
}
