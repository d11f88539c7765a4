package readiness

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// diagnose names what is wrong, one entry a region: failures of new tasks that are not healthy since, regions that
// hang, then failures of old tasks, which do not count but are worth knowing.
func (f fleet) diagnose() []Diagnosis {
	found := []Diagnosis{}
	add := func(d Diagnosis) {
		if len(found) < maxDiagnosis && !slices.ContainsFunc(found, func(have Diagnosis) bool { return have.Region == d.Region }) {
			found = append(found, d)
		}
	}
	for _, failed := range f.failures(false) {
		add(failed)
	}
	for _, t := range f.young {
		region := f.stuckOn[t.ID()]
		if region == "" {
			continue
		}
		hang := f.hang(t, region)
		if i := slices.IndexFunc(found, func(d Diagnosis) bool { return begins(d, hang) }); i >= 0 {
			found[i].Region = cmp.Or(found[i].Region, hang.Region)
			found[i].Problem += "; since then " + hang.Problem
			continue
		}
		add(hang)
	}
	for _, failed := range f.failures(true) {
		add(failed)
	}
	return found
}

func (f fleet) failures(old bool) []Diagnosis {
	var found []Diagnosis
	for _, failed := range f.look.Failures { // the worst first
		task, ok := f.find(failed.ID)
		if !ok || failed.Old != old || task.healthy() && !old {
			continue
		}
		c := explain(failed.Text)
		d := Diagnosis{Region: failed.URI, File: c.file, Problem: c.problem, Fix: c.fix, Tries: failed.Tries, Task: task.ID()}
		if old {
			d.Problem = "on an old task: " + d.Problem
		}
		found = append(found, d)
	}
	slices.SortStableFunc(found, func(a, b Diagnosis) int { return cmp.Compare(b.Tries, a.Tries) })
	return found
}

func (f fleet) find(taskKey string) (Task, bool) {
	i := slices.IndexFunc(f.in.Tasks, func(t Task) bool { return key(t.ID()) == taskKey })
	if i < 0 {
		return Task{}, false
	}
	return f.in.Tasks[i], true
}

// begins reports whether the failure is what the hang began with: the same region's, or one whose message names no
// region, on the same task. It tells more than the hang alone.
func begins(failure, hang Diagnosis) bool {
	return failure.Task == hang.Task && (failure.Region == "" || label(failure.Region) == label(hang.Region))
}

// hang explains a region that stays in loading.
func (f fleet) hang(t Task, region string) Diagnosis {
	known := f.look.task(t.ID())
	for _, uri := range f.newest[t.ID()].busy {
		if label(uri) == region {
			region = uri
			break
		}
	}
	return Diagnosis{
		Region: region, Task: t.ID(),
		Problem: fmt.Sprintf("it stays in loading, and nothing else was completed for %s; an empty static-metadata.json is reported at most once and then hangs like this",
			minutes(known.LastAt-known.GrewAt)),
		Fix: "check that static-metadata.json is not empty and that topo.json is whole, and upload them again" + restart,
	}
}

func minutes(milliseconds int64) string {
	d := time.Duration(milliseconds) * time.Millisecond
	return fmt.Sprintf("%d:%02d min", int(d.Minutes()), int(d.Seconds())%60)
}
