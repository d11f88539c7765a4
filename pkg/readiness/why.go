package readiness

import (
	"fmt"
	"slices"
	"strings"
)

// why says in plain words what was seen, the most important first.
func (f fleet) why(r Report) string {
	parts := []string{f.headline(r)}
	for _, d := range r.Diagnosis[:min(len(r.Diagnosis), 2)] {
		parts = append(parts, d.String())
	}
	parts = append(parts, f.dead()...)
	parts = append(parts, f.notStarted()...)
	parts = append(parts, f.silent()...)
	parts = append(parts, f.unhealthy()...)
	parts = append(parts, f.otherwiseDown()...)
	if r.Draining > 0 {
		parts = append(parts, fmt.Sprintf("%d targets are draining (5 minutes by default; this is no hang)", r.Draining))
	}
	if f.in.Lagging {
		parts = append(parts, "the log has more lines than one look reads; the next look goes on")
	}
	return cut(clean(strings.Join(parts, "; ")), maxWhy)
}

func (f fleet) headline(r Report) string {
	text := fmt.Sprintf("%s: %d of %d new tasks healthy", r.Verdict, r.Healthy, r.Expected)
	if slowest := f.slowest(); slowest != nil && r.Verdict == Loading {
		text += fmt.Sprintf(", the slowest has loaded %d of %d regions", slowest.Complete, slowest.Total)
	}
	if r.ETASeconds != nil && r.Verdict == Loading {
		text += fmt.Sprintf(", about %d min left", (*r.ETASeconds+59)/60)
	}
	return text
}

func (f fleet) slowest() *taskLook {
	var slowest *taskLook
	for _, t := range f.young {
		known := f.look.task(t.ID())
		if t.running() && !t.healthy() && known != nil && known.Total > 0 && (slowest == nil || known.Complete < slowest.Complete) {
			slowest = known
		}
	}
	return slowest
}

// String is the diagnosis in one sentence.
func (d Diagnosis) String() string {
	region := "a region that the log does not name"
	if d.Region != "" {
		region = label(d.Region)
	}
	if d.Tries == 0 {
		return region + ": " + d.Problem
	}
	return fmt.Sprintf("%s: %s, try %d of 6 on task %s", region, d.Problem, d.Tries, d.Task)
}

// dead names new tasks that have stopped, with ECS's reason and the exit code.
func (f fleet) dead() []string {
	var texts []string
	for _, t := range f.young {
		if !t.stopped() && !t.Stopping {
			continue
		}
		text := fmt.Sprintf("new task %s has stopped", t.ID())
		if !t.stopped() {
			text = fmt.Sprintf("new task %s is stopping", t.ID())
		}
		if t.ExitCode != nil {
			text += fmt.Sprintf(" with exit code %d", *t.ExitCode)
		}
		if t.StoppedReason != "" {
			text += " (" + cut(t.StoppedReason, 120) + ")"
		}
		texts = append(texts, text)
	}
	return firstFew(texts, "new tasks have stopped")
}

// notStarted tells of tasks that wait for an instance or do not exist yet, with the service's own words.
func (f fleet) notStarted() []string {
	running, waiting := 0, 0
	for _, t := range f.young {
		switch {
		case t.running():
			running++
		case rank(t) == 2:
			waiting++
		}
	}
	var texts []string
	if waiting > 0 {
		texts = append(texts, fmt.Sprintf("%d new tasks are starting", waiting))
	}
	if missing := f.in.Expected - running - waiting; missing > 0 {
		texts = append(texts, fmt.Sprintf("%d tasks have not been placed", missing))
	}
	if len(texts) > 0 {
		for _, event := range f.in.Events[:min(len(f.in.Events), 2)] {
			texts = append(texts, "ECS says: "+cut(event, 250))
		}
	}
	return texts
}

func (f fleet) silent() []string {
	var texts []string
	for _, t := range f.young {
		known := f.look.task(t.ID())
		age := f.in.Now.Sub(t.Started)
		if known != nil && !known.Seen && t.running() && !t.healthy() && !t.Started.IsZero() && age >= f.in.StuckAfter {
			texts = append(texts, fmt.Sprintf("task %s has logged no health check for %s", t.ID(), minutes(age.Milliseconds())))
		}
	}
	return firstFew(texts, "tasks have logged no health check")
}

// unhealthy tells why the target group does not accept tasks that have loaded everything.
func (f fleet) unhealthy() []string {
	var texts []string
	for _, t := range f.young {
		if f.state(t) == "loaded" && t.Health != "" {
			texts = append(texts, fmt.Sprintf("task %s has loaded everything, its target is %s %s", t.ID(), t.Health, t.HealthReason))
		}
	}
	return firstFew(texts, "tasks have loaded everything and are not healthy yet")
}

func (f fleet) otherwiseDown() []string {
	var names []string
	for id, p := range f.newest {
		task, _ := f.find(key(id))
		for _, name := range p.down {
			if !task.healthy() && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return nil
	}
	return []string{"the health check also says down: " + strings.Join(names[:min(len(names), 3)], ", ")}
}

// firstFew keeps two of the texts and counts the rest.
func firstFew(texts []string, rest string) []string {
	if len(texts) <= 2 {
		return texts
	}
	return append(texts[:2:2], fmt.Sprintf("in all %d %s", len(texts), rest))
}
