package fleetsim

import (
	"fmt"
	"time"
)

// The states of a task's life, as lastStatus names them.
const (
	provisioning   = "PROVISIONING"
	pending        = "PENDING"
	activating     = "ACTIVATING"
	running        = "RUNNING"
	deactivating   = "DEACTIVATING"
	stopping       = "STOPPING"
	deprovisioning = "DEPROVISIONING"
	stopped        = "STOPPED"
)

type task struct {
	id        string
	service   *service // nil after RunTask
	family    string
	host      *instance // nil on Fargate
	startedBy string
	ip, eni   string
	zone      string
	status    string
	doomed    bool // desiredStatus is STOPPED
	version   int64

	createdAt, startedAt, stoppingAt, executionStoppedAt, stoppedAt time.Time

	stopCode, stoppedReason string
	exitCode                *int
	protectedUntil          time.Time

	app    *app // the process; nil when there is none
	target *target
}

func (w *World) newTask(s *service, host *instance) *task {
	w.address++
	t := &task{
		id: hexID(w.rng, 32), service: s, host: host, status: provisioning, version: 1, createdAt: w.now,
		ip:   fmt.Sprintf("10.0.%d.%d", 1+w.address/250, 4+w.address%250),
		eni:  hexID(w.rng, 8) + "-" + hexID(w.rng, 4),
		zone: w.Names.region + string(rune('a'+w.address%2)),
	}
	if host != nil {
		t.zone = host.zone
	}
	if s != nil {
		t.family, t.startedBy = s.name, s.deployment
	}
	w.tasks = append(w.tasks, t)
	w.changed()
	return t
}

// move puts the task into the next state of its life.
func (w *World) move(t *task, status string) {
	t.status = status
	t.version++
	w.changed()
	w.reserve()
}

// launch takes a new task to RUNNING, unless it is stopped on the way.
func (w *World) launch(t *task) {
	total := w.about(w.timing.TaskStart, 0.2)
	w.step(t, total/4, pending, func() { t.createdAt = w.now })
	w.step(t, total*9/10, activating, func() {
		if t.service != nil {
			t.target = w.register(t)
		}
	})
	w.step(t, total, running, func() {
		t.startedAt = w.now
		w.boot(t)
	})
}

// step moves the task on after d, if nothing stopped it before.
func (w *World) step(t *task, d time.Duration, status string, and func()) {
	w.after(d, func() {
		if t.doomed {
			return
		}
		w.move(t, status)
		and()
	})
}

// boot starts the process in the container.
func (w *World) boot(t *task) {
	if t.service == nil {
		w.runOnce(t)
		return
	}
	t.app = w.newApp(t)
	t.app.start()
	w.kick(t.service)
}

// stop asks a task to end: it drains, gets its grace, and is gone after some minutes.
func (w *World) stop(t *task, code, reason string) {
	if t.doomed {
		return
	}
	draining := time.Duration(0)
	if t.status == running && t.target != nil {
		draining = w.timing.Deregistration
	}
	wasRunning := t.status == running
	w.doom(t, code, reason)
	w.move(t, deactivating)
	w.drain(t.target)
	w.after(draining, func() {
		if t.status != deactivating {
			return
		}
		w.move(t, stopping)
		grace := time.Duration(0)
		if wasRunning {
			grace = w.between(w.timing.StopGrace/15, w.timing.StopGrace)
		}
		w.after(grace, func() { w.end(t, 143) })
	})
}

// exit is what happens when the essential container ends by itself.
func (w *World) exit(t *task, code int) {
	if t.status == stopped || t.status == deprovisioning {
		return
	}
	w.doom(t, "EssentialContainerExited", "Essential container in task exited")
	w.drain(t.target)
	w.end(t, code)
}

func (w *World) doom(t *task, code, reason string) {
	if t.doomed {
		return
	}
	t.doomed, t.stopCode, t.stoppedReason, t.stoppingAt = true, code, reason, w.now
	t.protectedUntil = time.Time{}
	if t.service != nil {
		w.kick(t.service)
	}
}

// end is the end of the process, and soon after of the task.
func (w *World) end(t *task, code int) {
	if t.status == stopped || t.status == deprovisioning {
		return
	}
	t.app = nil
	t.executionStoppedAt = w.now
	if !t.startedAt.IsZero() {
		t.exitCode = &code
	}
	w.move(t, deprovisioning)
	w.after(w.between(5*time.Second, 15*time.Second), func() { w.finish(t) })
}

// finish makes the task STOPPED: it is visible for a while, and then no longer known.
func (w *World) finish(t *task) {
	if t.status == stopped {
		return
	}
	t.stoppedAt = w.now
	w.move(t, stopped)
	if t.service != nil {
		w.kick(t.service)
	}
	w.after(w.timing.Visible, func() {
		w.tasks = without(w.tasks, t)
		w.changed()
	})
}

func without[T comparable](list []T, gone T) []T {
	var kept []T // a new slice: views may hold the old one
	for _, one := range list {
		if one != gone {
			kept = append(kept, one)
		}
	}
	return kept
}
