package fleetsim

import (
	"container/heap"
	"math/rand/v2"
	"sync"
	"time"
)

// World is one environment's fleet. Its methods are safe for concurrent use.
type World struct {
	// Names are the environment's names in the account.
	Names Names

	cfg    Config
	timing Timing

	mu    sync.Mutex
	now   time.Time
	queue queue
	seq   int
	rng   *rand.Rand // decides in the model
	wire  *rand.Rand // decides about API calls, so that looking does not change what happens

	service, fargate *service
	tasks            []*task // in the order of creation
	instances        []*instance
	group            group
	alarm            alarm
	targets          []*target
	logs             logStore
	address          int // of the last network interface

	views   []view // what stale reads show, oldest first
	dirty   bool
	history []HealthSample
	calls   map[string]int
	runs    map[string][]*task // RunTask's client tokens
}

// New returns a World in its steady state: n instances with n healthy tasks, and the Fargate service's one, unless it has none.
func New(cfg Config) *World {
	cfg = cfg.withDefaults()
	w := &World{
		Names:  namesOf(cfg.Environment, cfg.Region, cfg.Account),
		cfg:    cfg,
		timing: cfg.Timing,
		now:    cfg.Now().UTC(),
		rng:    rand.New(rand.NewPCG(cfg.Seed, 1)),
		wire:   rand.New(rand.NewPCG(cfg.Seed, 2)),
		calls:  map[string]int{},
		runs:   map[string][]*task{},
	}
	w.settle()
	w.changed()
	w.record()
	return w
}

// Advance runs every event that is due at now, each at its own time. A time before the World's is ignored.
func (w *World) Advance(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance(now.UTC())
}

func (w *World) advance(now time.Time) {
	for len(w.queue) > 0 && !w.queue[0].due.After(now) {
		e := heap.Pop(&w.queue).(event)
		w.now = e.due
		e.run()
		w.record()
	}
	if now.After(w.now) {
		w.now = now
	}
}

// Next is when the next event is due: a driver need not advance before it.
func (w *World) Next() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.queue[0].due
}

// changed notes that what the APIs show is no longer the same.
func (w *World) changed() { w.dirty = true }

// record keeps the new state for later stale reads, and the number of healthy targets.
func (w *World) record() {
	if !w.dirty {
		return
	}
	w.dirty = false
	w.views = append(w.views, w.look())
	for len(w.views) > 1 && w.now.Sub(w.views[1].at) > w.cfg.Faults.Stale {
		w.views = w.views[1:]
	}
	w.sample()
}
