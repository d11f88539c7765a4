package sandbox

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/cost"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
)

// usage counts what AWS would send a bill for.
type usage struct {
	mu          sync.Mutex
	invocations []cost.Invocation
	requests    map[string]int
	instances   time.Duration // above the usual size
	looked      time.Time     // when instances was last brought up to date
}

// Usage is what the account's functions and state machines have used so far.
func (a *Account) Usage() cost.Counts {
	var histories [][]asl.Event
	var bytes int64
	for _, e := range a.Executions() {
		events := e.Events()
		histories = append(histories, events)
		for _, event := range events { // the machines log their events with data
			bytes += int64(len(event.Input) + len(event.Output) + len(event.Parameters) + len(event.Cause) + eventOverhead)
		}
	}
	a.usage.mu.Lock()
	defer a.usage.mu.Unlock()
	return cost.Counts{
		Transitions: cost.Transitions(histories...), Invocations: slices.Clone(a.usage.invocations), Requests: maps.Clone(a.usage.requests),
		LogBytes: bytes + a.logged.Load(), InstanceTime: a.usage.instances,
	}
}

// eventOverhead is about what a log line of an event has besides its data: IDs, type, times.
const eventOverhead = 250

// invoked counts one run of a function.
func (u *usage) invoked(took time.Duration, memory int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.invocations = append(u.invocations, cost.Invocation{Duration: took, MemoryMB: memory})
}

// countRequests adds counting to the store's hooks. Who goes past the hooks, as seeds and tasks do, is not counted.
func (u *usage) countRequests(h objectstore.Hooks) objectstore.Hooks {
	fault := h.Fault
	h.Fault = func(op, bucket, key string) objectstore.Fault {
		u.mu.Lock()
		u.requests[op]++
		u.mu.Unlock()
		if fault == nil {
			return objectstore.Fault{}
		}
		return fault(op, bucket, key)
	}
	return h
}

// look brings the time of the surplus instances up to date. It is called before each function, which is often enough.
func (u *usage) look(now time.Time, surplus int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.looked.IsZero() && now.After(u.looked) {
		u.instances += time.Duration(max(0, surplus)) * now.Sub(u.looked)
	}
	u.looked = now
}

// surplus counts instances above the groups' usual sizes.
func (a *Account) surplus() (count int) {
	for _, e := range a.Environments {
		count += max(0, len(e.Fleet.Snapshot().Group.Instances)-e.Usual)
	}
	return count
}
