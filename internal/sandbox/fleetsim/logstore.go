package fleetsim

import (
	"fmt"
	"slices"
	"sort"
	"time"
)

// logStore is the environment's log group.
type logStore struct {
	events  []logEvent // in the order of their timestamps
	streams map[string]*logStream
}

type logEvent struct {
	at, visible time.Time
	stream      string
	message     string
	id          string
}

type logStream struct {
	name                    string
	created, last, lastSeen time.Time
}

// streamOf is the log stream of a task.
func streamOf(t *task) string { return "districtbuilder-app/" + container + "/" + t.id }

// write adds a line to the task's stream. Readers see it up to LogDelay later.
func (w *World) write(t *task, message string) {
	delay := time.Duration(w.rng.Float64() * float64(w.cfg.Faults.LogDelay))
	name := streamOf(t)
	if w.logs.streams == nil {
		w.logs.streams = map[string]*logStream{}
	}
	s := w.logs.streams[name]
	if s == nil {
		s = &logStream{name: name, created: w.now}
		w.logs.streams[name] = s
	}
	s.last, s.lastSeen = w.now, w.now.Add(delay)
	w.logs.events = append(w.logs.events, logEvent{
		at: w.now, visible: w.now.Add(delay), stream: name, message: message,
		id: fmt.Sprintf("%056d", len(w.logs.events)),
	})
}

// logQuery selects events.
type logQuery struct {
	from, to time.Time // zero to: no end; to is exclusive
	asOf     time.Time // only what was visible then
	inStream func(string) bool
	matches  func(string) bool
}

// find returns the positions of the events that the query selects, oldest first.
func (s *logStore) find(q logQuery) []int {
	var found []int
	first := sort.Search(len(s.events), func(i int) bool { return !s.events[i].at.Before(q.from) })
	for i := first; i < len(s.events); i++ {
		e := &s.events[i]
		if !q.to.IsZero() && !e.at.Before(q.to) {
			break
		}
		if !e.visible.After(q.asOf) && q.inStream(e.stream) && q.matches(e.message) {
			found = append(found, i)
		}
	}
	return found
}

func (s *logStore) streamNames() []string {
	var names []string
	for name := range s.streams {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
