package fleetsim

import (
	"time"
)

// view is what ECS, Elastic Load Balancing and Auto Scaling show of a moment. Its tasks, targets and instances are copies; what they
// point to is only used for what never changes.
type view struct {
	at        time.Time
	services  []serviceView
	tasks     []task
	targets   []target
	instances []instance
	occupants map[string]string // container instance → status of the task on it
}

type serviceView struct {
	service
	running, pending int
}

// look copies the present state.
func (w *World) look() view {
	v := view{at: w.now, occupants: map[string]string{}}
	v.tasks = make([]task, len(w.tasks))
	for i, t := range w.tasks {
		v.tasks[i] = *t
		if t.host != nil && t.status != stopped {
			v.occupants[t.host.container] = t.status
		}
	}
	v.targets = make([]target, len(w.targets))
	for i, r := range w.targets {
		v.targets[i] = *r
	}
	v.instances = make([]instance, len(w.instances))
	for i, host := range w.instances {
		v.instances[i] = *host
	}
	for _, s := range []*service{w.service, w.fargate} {
		shown := serviceView{service: *s}
		for _, t := range w.wanted(s) {
			if t.status == running {
				shown.running++
			} else {
				shown.pending++
			}
		}
		v.services = append(v.services, shown)
	}
	return v
}

// stale returns what a read shows: the present, or now and then the state of some seconds ago.
func (w *World) stale() view {
	w.record()
	latest := w.views[len(w.views)-1]
	if w.cfg.Faults.Stale == 0 || w.wire.Float64() >= w.cfg.Faults.StaleRate {
		return latest
	}
	at := w.now.Add(-time.Duration(w.wire.Float64() * float64(w.cfg.Faults.Stale)))
	shown := w.views[0]
	for _, v := range w.views {
		if !v.at.After(at) {
			shown = v
		}
	}
	return shown
}
