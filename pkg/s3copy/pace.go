package s3copy

import (
	"context"
	"sync"
	"time"
)

const (
	// minInFlight is kept even under throttling, so that the work goes on.
	minInFlight = 4
	// minForLatency is kept when answers are slow, for they may be slow for other reasons than too many requests.
	minForLatency = 64
	// prefixRate is how many copies a second are tried for at most: S3 lets a prefix do at least 3,500, and often more.
	// More requests in flight than prefixRate x latency would only be answered SlowDown.
	prefixRate = 7000
	// minWindow is how many answers a judgement of the latency needs.
	minWindow = 32
)

// pace bounds the requests in flight. It grows while the latency stays as it is, gives way when the latency grows, which means that
// requests queue somewhere, and halves at a SlowDown.
type pace struct {
	mu       sync.Mutex
	limit    int
	max      int
	inFlight int
	waiting  []chan struct{} // closed when a slot is given, first come first served

	answers   int           // of the present window
	latency   time.Duration // their sum
	best      time.Duration // the lowest mean latency of a window
	throttled bool          // ever: grow slowly from then on
	settling  int           // answers to requests that were sent before the last halving
}

func newPace(start, limit int) *pace { return &pace{limit: min(start, limit), max: limit} }

// acquire takes a slot, or fails when ctx ends first.
func (p *pace) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	if p.inFlight < p.limit && len(p.waiting) == 0 {
		p.inFlight++
		p.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	p.waiting = append(p.waiting, turn)
	p.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		p.giveUp(turn)
		return ctx.Err()
	}
}

// giveUp leaves the queue, or returns the slot if it came at the same moment.
func (p *pace) giveUp(turn chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, w := range p.waiting {
		if w == turn {
			p.waiting = append(p.waiting[:i:i], p.waiting[i+1:]...)
			return
		}
	}
	p.inFlight--
	p.admit()
}

func (p *pace) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight--
	p.admit()
}

func (p *pace) admit() {
	for len(p.waiting) > 0 && p.inFlight < p.limit {
		close(p.waiting[0])
		p.waiting = p.waiting[1:]
		p.inFlight++
	}
}

// answered tells of one small request's latency.
func (p *pace) answered(latency time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settling = max(0, p.settling-1)
	p.answers++
	p.latency += latency
	if p.answers < max(p.limit, minWindow) {
		return
	}
	mean := p.latency / time.Duration(p.answers)
	p.answers, p.latency = 0, 0
	if p.best == 0 || mean < p.best {
		p.best = mean
	}
	p.limit = nextLimit(p.limit, p.max, mean, p.best, p.throttled)
	p.admit()
}

// allowed returns how many requests may be in flight now.
func (p *pace) allowed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.limit
}

// slowDown tells of a request that was throttled. Of those sent together only the first counts.
func (p *pace) slowDown() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.throttled = true; p.settling > 0 {
		p.settling--
		return
	}
	p.settling = p.inFlight
	p.answers, p.latency = 0, 0
	p.limit = max(minInFlight, p.limit/2)
}

// nextLimit decides how many requests may be in flight after a window whose mean latency was mean, the best so far being best.
func nextLimit(limit, most int, mean, best time.Duration, throttled bool) int {
	useful := min(most, int(prefixRate*best.Seconds()))
	switch step := max(1, limit/8); {
	case mean > 4*best:
		return min(limit, max(minForLatency, limit-step))
	case mean > 2*best || limit >= useful:
		return limit
	case throttled:
		return min(useful, limit+max(1, limit/64))
	default:
		return min(useful, limit+step)
	}
}
