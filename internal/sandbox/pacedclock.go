package sandbox

import (
	"container/heap"
	"sync"
	"time"
)

// PacedClock runs Factor times faster than real time while nothing is at work, and at real time while a function is:
// a wait of 22 minutes passes in 20 seconds, but a function that takes a second takes a second, and its
// timeout, counted on the same clock, stays true.
type PacedClock struct {
	mu     sync.Mutex
	factor float64
	busy   int
	now    time.Time // at since
	since  time.Time // real
	timers timerHeap
	wake   *time.Timer
}

// NewPacedClock returns a clock that shows start now.
func NewPacedClock(start time.Time, factor float64) *PacedClock {
	return &PacedClock{factor: factor, now: start, since: time.Now()}
}

// Now returns the paced time.
func (c *PacedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.settle()
}

// Busy says that one more function is at work; the returned function says that it is done.
func (c *PacedClock) Busy() (done func()) {
	c.change(1)
	return func() { c.change(-1) }
}

func (c *PacedClock) change(by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle()
	c.busy += by
	c.schedule()
}

// AfterFunc calls f in its own goroutine when d has passed on this clock.
func (c *PacedClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &pacedTimer{at: c.settle().Add(d), call: f}
	heap.Push(&c.timers, t)
	c.schedule()
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		if t.index < 0 {
			return false
		}
		heap.Remove(&c.timers, t.index)
		return true
	}
}

func (c *PacedClock) rate() float64 {
	if c.busy > 0 {
		return 1
	}
	return c.factor
}

// settle moves now to this moment.
func (c *PacedClock) settle() time.Time {
	real := time.Now()
	c.now = c.now.Add(time.Duration(float64(real.Sub(c.since)) * c.rate()))
	c.since = real
	return c.now
}

// schedule sets the one real timer to the first paced one.
func (c *PacedClock) schedule() {
	if c.wake != nil {
		c.wake.Stop()
	}
	if len(c.timers) == 0 {
		return
	}
	wait := time.Duration(float64(c.timers[0].at.Sub(c.now))/c.rate()) + time.Microsecond
	c.wake = time.AfterFunc(wait, c.fire)
}

func (c *PacedClock) fire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.settle()
	for len(c.timers) > 0 && !c.timers[0].at.After(now) {
		go heap.Pop(&c.timers).(*pacedTimer).call()
	}
	c.schedule()
}

type pacedTimer struct {
	at    time.Time
	call  func()
	index int // -1 once it has left the heap
}

type timerHeap []*pacedTimer

func (h timerHeap) Len() int           { return len(h) }
func (h timerHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *timerHeap) Push(x any) {
	t := x.(*pacedTimer)
	t.index = len(*h)
	*h = append(*h, t)
}

func (h *timerHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last], *h = nil, (*h)[:last]
	t.index = -1
	return t
}
