package readiness

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// Judge is one look at the fleet. look is what the look before returned, or zero.
func Judge(in Input, look Look) Report {
	f := fleet{in: in, look: look}
	f.newest = f.look.fold(in)
	f.old, f.young = split(in.Tasks)
	f.stuckOn = f.findStuck()

	r := Report{Expected: in.Expected, NewTasks: []string{}, Stay: []string{}, Look: f.look}
	r.count(f)
	r.Verdict = f.verdict(r.Healthy)
	r.Diagnosis = f.diagnose()
	for _, t := range f.young[:min(len(f.young), maxTasks)] {
		r.Tasks = append(r.Tasks, f.report(t))
	}
	r.ETASeconds = f.overallETA(in.Expected - r.Healthy)
	r.Why = f.why(r)
	r.fit()
	return r
}

// fleet is what one look works on.
type fleet struct {
	in      Input
	look    Look
	newest  map[string]progress // by task ID, of tasks with a line in this look
	old     []Task
	young   []Task            // the new tasks: healthy, running, starting, stopped; in each the oldest first
	stuckOn map[string]string // task ID to the region that hangs
}

func split(tasks []Task) (old, young []Task) {
	for _, t := range tasks {
		if t.Old {
			old = append(old, t)
		} else {
			young = append(young, t)
		}
	}
	slices.SortFunc(young, func(a, b Task) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), a.Started.Compare(b.Started), cmp.Compare(a.ARN, b.ARN))
	})
	return old, young
}

func rank(t Task) int {
	switch {
	case t.healthy():
		return 0
	case t.running():
		return 1
	case t.starting():
		return 2
	}
	return 3
}

func (r *Report) count(f fleet) {
	for _, t := range f.young {
		if t.running() {
			r.NewTasks = append(r.NewTasks, t.ARN)
		}
		if t.starting() {
			r.Starting++
		}
		if t.healthy() {
			r.Healthy++
		}
	}
	r.Stay = append(r.Stay, r.NewTasks[:min(r.Healthy, f.in.Usual)]...)
	for _, t := range f.old {
		if t.running() {
			r.OldRunning++
		}
		if t.healthy() {
			r.OldHealthy++
		}
	}
	for _, t := range f.in.Tasks {
		if t.draining() {
			r.Draining++
		}
	}
}

// verdict decides. Enough healthy tasks outweigh what one further task meets: they have loaded the same files.
//
// Failing looks at the number of tries of one task at one region, not at the sum over tasks: all new tasks read
// the same file at about the same time, so a fault that passes is a first try on several of them. A region that is bad
// reaches its second try at once, because there is no pause between tries.
func (f fleet) verdict(healthy int) string {
	switch {
	case healthy >= f.in.Expected:
		return Healthy
	case slices.ContainsFunc(f.young, f.failing):
		return Failing
	case len(f.stuckOn) > 0:
		return Stuck
	}
	return Loading
}

// failing holds for stopped new tasks, too: after its sixth try a task is dead.
func (f fleet) failing(t Task) bool { return !t.healthy() && f.look.tries(t.ID()) >= 2 }

// findStuck compares times of log lines, not the clock: a task that logs nothing, because it parses a large file
// or because its lines are late, has not shown that it hangs.
func (f fleet) findStuck() map[string]string {
	stuck := map[string]string{}
	for _, t := range f.young {
		known := f.look.task(t.ID())
		if known == nil || !t.running() || t.healthy() || len(known.Held) == 0 {
			continue
		}
		if time.Duration(known.LastAt-known.GrewAt)*time.Millisecond >= f.in.StuckAfter {
			stuck[t.ID()] = known.Held[0]
		}
	}
	return stuck
}

func (f fleet) report(t Task) TaskReport {
	r := TaskReport{ID: t.ID(), State: f.state(t), Health: t.Health, Pending: []string{}, Loading: []string{}}
	known := f.look.task(t.ID())
	if known == nil {
		return r
	}
	r.Complete, r.Total, r.PendingCount, r.LoadingCount = known.Complete, known.Total, known.Pending, known.Loading
	r.Loading = append(r.Loading, known.Held...)
	if p, ok := f.newest[t.ID()]; ok && p.listed {
		r.Pending, r.Loading = labels(p.pending, 3), labels(p.loading, 3)
	}
	if t.healthy() { // its last failing probe was before it had loaded everything
		r.Complete, r.Pending, r.Loading, r.PendingCount, r.LoadingCount = r.Total, []string{}, []string{}, 0, 0
	} else if t.running() {
		r.ETASeconds = known.eta()
	}
	return r
}

func (f fleet) state(t Task) string {
	known := f.look.task(t.ID())
	switch {
	case t.stopped():
		return "stopped"
	case t.Stopping:
		return "stopping"
	case !t.running():
		return "starting"
	case t.healthy():
		return Healthy
	case f.failing(t):
		return Failing
	case f.stuckOn[t.ID()] != "":
		return Stuck
	case known != nil && known.Total > 0 && known.Complete == known.Total:
		return "loaded"
	}
	return Loading
}

// eta is the time until everything is loaded at the task's own rate so far, in seconds; nil while there is no rate.
func (t *taskLook) eta() *int {
	grown, took := t.Complete-t.FirstComplete, t.LastAt-t.FirstAt
	if t.Total == 0 || grown <= 0 || took <= 0 {
		return nil
	}
	seconds := int(float64(took) * float64(t.Total-t.Complete) / float64(grown) / 1000)
	return &seconds
}

// overallETA is when enough running tasks have loaded everything; nil when too few of them have a rate.
func (f fleet) overallETA(missing int) *int {
	var etas []int
	for _, t := range f.young {
		if known := f.look.task(t.ID()); known != nil && t.running() && !t.healthy() {
			if eta := known.eta(); eta != nil {
				etas = append(etas, *eta)
			}
		}
	}
	if missing < 1 || len(etas) < missing {
		return nil
	}
	slices.Sort(etas)
	return &etas[missing-1]
}

// fit keeps the report within its bound by naming fewer regions a task.
func (r *Report) fit() {
	for limit := 2; limit >= 0 && r.size() > maxReport; limit-- {
		for i := range r.Tasks {
			t := &r.Tasks[i]
			t.Pending, t.Loading = t.Pending[:min(len(t.Pending), limit)], t.Loading[:min(len(t.Loading), limit)]
		}
	}
}

func (r *Report) size() int {
	text, _ := json.Marshal(r) // numbers and strings always encode
	return len(text)
}
