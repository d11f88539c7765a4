package asl

import "sync"

// maxEvents is the service's limit for one history, the closing event included.
const maxEvents = 25000

// A history gathers an execution's events. Several goroutines may add to it.
type history struct {
	clock    Clock
	name     string
	onEvent  func(Event)
	overflow func() // called once, when only the closing event still fits

	mu     sync.Mutex
	events []Event
	closed bool
}

// add appends an event, numbers it and tells the hook. It returns the event's ID, or 0 if the history takes no more.
func (h *history) add(e Event) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return 0
	}
	if len(h.events) == maxEvents-1 {
		h.closed = true
		h.overflow()
		return 0
	}
	return h.append(e)
}

// close appends the last event.
func (h *history) close(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	h.append(e)
}

func (h *history) append(e Event) int {
	e.ID = len(h.events) + 1
	e.Time = h.clock.Now()
	e.Execution = h.name
	h.events = append(h.events, e)
	if h.onEvent != nil {
		h.onEvent(e)
	}
	return e.ID
}
