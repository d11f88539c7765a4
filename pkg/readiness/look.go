package readiness

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"slices"
	"time"
)

// Look is what one look hands to the next. It is small, and opaque to everybody else.
// Folding is idempotent, so lines may be read twice: a failure carries its own number of tries, and progress
// that is not newer than what is known changes nothing. No list of seen events is needed.
type Look struct {
	Began    int64         `json:"began,omitempty"` // the first look, Unix milliseconds
	Cursor   Cursor        `json:"cursor"`
	Tasks    []taskLook    `json:"tasks,omitempty"`
	Failures []failureLook `json:"failures,omitempty"`
}

// Cursor is where the next look goes on reading the log.
type Cursor struct {
	From  int64  `json:"from,omitempty"`  // Unix milliseconds
	Token string `json:"token,omitempty"` // set when the last look could not read all pages from From
}

// taskLook is the progress of one new task. Times are milliseconds after Look.Began.
type taskLook struct {
	ID            string   `json:"id"`          // the first 12 characters
	Seen          bool     `json:"s,omitempty"` // it has logged a health check
	FirstAt       int64    `json:"f,omitempty"`
	FirstComplete int      `json:"fc,omitempty"`
	Complete      int      `json:"c,omitempty"`
	Total         int      `json:"n,omitempty"` // 0 before the first numbers
	GrewAt        int64    `json:"g,omitempty"` // since when complete is what it is and Held are loading
	LastAt        int64    `json:"l,omitempty"` // of the newest line with numbers
	Pending       int      `json:"p,omitempty"`
	Loading       int      `json:"q,omitempty"`
	Held          []string `json:"h,omitempty"` // regions that were loading at every probe since GrewAt, at most 3
}

// failureLook is the highest try of one task at one region.
type failureLook struct {
	ID    string `json:"id"`
	Old   bool   `json:"o,omitempty"`
	URI   string `json:"u,omitempty"`
	Tries int    `json:"n"`
	Text  string `json:"x,omitempty"`
}

const maxFailures = 10

// key stands for a task's ID in a look: 11 characters instead of 32.
func key(id string) string {
	h := fnv.New64a()
	h.Write([]byte(id))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// Since is when the first look took place, or now in the first look.
func (l Look) Since(now time.Time) time.Time {
	if l.Began == 0 {
		return now
	}
	return time.UnixMilli(l.Began)
}

// Knows reports whether an earlier look has seen the task as a new one.
func (l Look) Knows(id string) bool { return l.task(id) != nil }

func (l *Look) task(id string) *taskLook {
	k := key(id)
	for i := range l.Tasks {
		if l.Tasks[i].ID == k {
			return &l.Tasks[i]
		}
	}
	return nil
}

// tries is the highest number of tries that any region has needed on the task.
func (l *Look) tries(id string) int {
	most, k := 0, key(id)
	for _, f := range l.Failures {
		if f.ID == k {
			most = max(most, f.Tries)
		}
	}
	return most
}

// fold adds the lines to the look and returns the newest progress of each task whose newest line was among them.
func (l *Look) fold(in Input) map[string]progress {
	if l.Began == 0 {
		l.Began = in.Now.UnixMilli()
	}
	l.keep(in.Tasks)
	isOld := map[string]bool{}
	for _, t := range in.Tasks {
		isOld[t.ID()] = t.Old
	}
	newest := map[string]progress{}
	lines := slices.Clone(in.Lines)
	slices.SortStableFunc(lines, func(a, b Line) int { return a.At.Compare(b.At) })
	for _, line := range lines {
		old, known := isOld[line.Task]
		if !known {
			continue // the other service's task, which logs to the same group
		}
		seen := decode(line.Text)
		if seen.failure != nil {
			l.addFailure(line.Task, old, *seen.failure)
		}
		if t := l.task(line.Task); seen.progress != nil && t != nil && t.add(line.At.UnixMilli()-l.Began, *seen.progress) {
			newest[line.Task] = merge(newest[line.Task], *seen.progress)
		}
	}
	l.fit()
	return newest
}

// merge keeps the lists of the line before when the newer one has none.
func merge(before, now progress) progress {
	if now.listed {
		return now
	}
	before.down = now.down
	return before
}

// keep forgets tasks that ECS does not list any more, and gives each new task its record.
func (l *Look) keep(tasks []Task) {
	listed := map[string]bool{}
	for _, t := range tasks {
		listed[key(t.ID())] = true
	}
	l.Tasks = slices.DeleteFunc(slices.Clone(l.Tasks), func(t taskLook) bool { return !listed[t.ID] })
	l.Failures = slices.DeleteFunc(slices.Clone(l.Failures), func(f failureLook) bool { return !listed[f.ID] })
	for _, t := range tasks {
		if !t.Old && !l.Knows(t.ID()) {
			l.Tasks = append(l.Tasks, taskLook{ID: key(t.ID())})
		}
	}
}

// add folds one answer in and reports whether it is the newest one of its task.
func (t *taskLook) add(at int64, p progress) bool {
	if t.Total > 0 && at < t.LastAt {
		return false
	}
	t.Seen = true
	if !p.known {
		return true
	}
	t.LastAt = at
	switch {
	case t.Total == 0 || p.complete < t.Complete: // the first numbers, or the process began again
		t.FirstAt, t.FirstComplete = at, p.complete
		t.GrewAt, t.Held = at, labels(p.busy, 3)
	case p.complete > t.Complete:
		t.GrewAt, t.Held = at, labels(p.busy, 3)
	case p.listed:
		t.hold(at, p)
	}
	t.Complete, t.Total = p.complete, p.total
	if p.listed {
		t.Pending, t.Loading = p.pendingCount, p.loadingCount
	}
	return true
}

// hold keeps those held regions that are still loading. When none is left the wait begins anew.
func (t *taskLook) hold(at int64, p progress) {
	now := labels(p.busy, maxListed)
	t.Held = slices.DeleteFunc(slices.Clone(t.Held), func(held string) bool { return !slices.Contains(now, held) })
	if len(t.Held) == 0 {
		t.GrewAt, t.Held = at, labels(p.busy, 3)
	}
}

func (l *Look) addFailure(id string, old bool, f failure) {
	k := key(id)
	for i := range l.Failures {
		if known := &l.Failures[i]; known.ID == k && known.URI == f.uri {
			if f.tries >= known.Tries {
				known.Tries, known.Text = f.tries, f.text
			}
			return
		}
	}
	l.Failures = append(l.Failures, failureLook{ID: k, Old: old, URI: f.uri, Tries: f.tries, Text: f.text})
}

// fit keeps the look within its bound, the new tasks' worst failures first.
// A failure that is dropped is not lost: the next try's line has its number.
func (l *Look) fit() {
	slices.SortStableFunc(l.Failures, worstFirst)
	l.Failures = l.Failures[:min(len(l.Failures), maxFailures)]
	l.Tasks = l.Tasks[:min(len(l.Tasks), maxTasks)]
	for l.size() > maxLook && len(l.Failures) > 3 {
		l.Failures = l.Failures[:len(l.Failures)-1]
	}
	for i := 0; i < len(l.Tasks) && l.size() > maxLook; i++ {
		l.Tasks[i].Held = l.Tasks[i].Held[:min(len(l.Tasks[i].Held), 1)]
	}
}

func worstFirst(a, b failureLook) int {
	if a.Old != b.Old {
		if a.Old {
			return 1
		}
		return -1
	}
	return cmp.Compare(b.Tries, a.Tries)
}

func (l *Look) size() int {
	text, _ := json.Marshal(l) // numbers and strings always encode
	return len(text)
}
