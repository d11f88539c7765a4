package fleetsim

import (
	"time"
)

// The states of a target.
const (
	initial   = "initial"
	healthy   = "healthy"
	unhealthy = "unhealthy"
	draining  = "draining"
)

// target is a task's address in the target group, which both services share.
type target struct {
	task                       *task
	state, reason, description string
	passed, failed             int // probes in a row
}

// register adds a task's address. Probes begin within one interval.
func (w *World) register(t *task) *target {
	r := &target{task: t}
	r.show(initial, "Elb.RegistrationInProgress", "Target registration is in progress")
	w.targets = append(w.targets, r)
	w.changed()
	if t.service != nil && t.status != running {
		w.say(t.service, "registered 1 targets in (target-group %s)", w.Names.TargetGroupARN)
	}
	w.after(w.between(0, w.timing.Probe), func() {
		if r.state == initial {
			r.show(initial, "Elb.InitialHealthChecking", "Initial health checks in progress")
			w.changed()
		}
		w.probe(r)
	})
	return r
}

func (r *target) show(state, reason, description string) {
	r.state, r.reason, r.description = state, reason, description
}

// drain takes a target out of service; it is gone when the deregistration delay is over.
func (w *World) drain(r *target) {
	if r == nil || r.state == draining {
		return
	}
	r.show(draining, "Target.DeregistrationInProgress", "Target deregistration is in progress")
	w.changed()
	if r.task.service != nil {
		w.say(r.task.service, "deregistered 1 targets in (target-group %s)", w.Names.TargetGroupARN)
	}
	w.after(w.timing.Deregistration, func() {
		w.targets = without(w.targets, r)
		w.changed()
	})
}

// probe is one health check. A failing one makes the application write its health line.
func (w *World) probe(r *target) {
	if r.state == draining {
		return
	}
	defer w.after(w.timing.Probe, func() { w.probe(r) })
	app := r.task.app
	if app != nil && app.ready() {
		r.passed, r.failed = r.passed+1, 0
		if r.state != healthy && r.passed >= w.timing.HealthyAfter {
			r.show(healthy, "", "")
			w.changed()
		}
		return
	}
	r.passed, r.failed = 0, r.failed+1
	if app != nil {
		app.logHealth()
	}
	if r.failed >= w.timing.UnhealthyAfter {
		w.fail(r)
	}
}

// fail shows why a target is unhealthy, and has the service replace its task when the grace period is over.
func (w *World) fail(r *target) {
	was := *r
	if r.task.app == nil {
		r.show(unhealthy, "Target.Timeout", "Request timed out")
	} else {
		r.show(unhealthy, "Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]")
	}
	if was.state != r.state || was.reason != r.reason {
		w.changed()
	}
	t := r.task
	if t.service == nil || t.status != running || t.doomed || w.now.Before(t.startedAt.Add(w.timing.HealthGrace)) {
		return
	}
	w.say(t.service, "(port %d) is unhealthy in (target-group %s) due to (reason %s)", port, w.Names.TargetGroupARN, r.description)
	w.stop(t, "ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group "+w.Names.TargetGroupARN+")")
}

// HealthSample is the number of healthy targets from a moment on.
type HealthSample struct {
	At time.Time
	// Healthy counts targets of the EC2 service, All those of the Fargate service too.
	Healthy, All int
}

// sample adds to the history when a count has changed.
func (w *World) sample() {
	s := HealthSample{At: w.now}
	for _, r := range w.targets {
		if r.state != healthy {
			continue
		}
		s.All++
		if r.task.service == w.service {
			s.Healthy++
		}
	}
	if n := len(w.history); n > 0 && w.history[n-1].Healthy == s.Healthy && w.history[n-1].All == s.All {
		return
	}
	w.history = append(w.history, s)
}
