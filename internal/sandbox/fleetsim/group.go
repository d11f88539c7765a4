package fleetsim

import (
	"slices"
	"time"
)

// group is the Auto Scaling group.
type group struct {
	min, max, desired int
	suspended         map[string]time.Time // process → since when
	cooledDown        time.Time            // the policy acts no earlier
	planned           bool
}

// processes are all that can be suspended.
var processes = []string{"AZRebalance", "AddToLoadBalancer", "AlarmNotification", "HealthCheck", "InstanceRefresh",
	"Launch", "ReplaceUnhealthy", "ScheduledActions", "Terminate"}

func (w *World) suspended(process string) bool {
	_, is := w.group.suspended[process]
	return is
}

// setDesired sets the desired capacity; the group follows in a moment.
func (w *World) setDesired(desired int) {
	if w.group.desired != desired {
		w.group.desired = desired
		w.changed()
	}
	w.reconcileSoon()
}

func (w *World) reconcileSoon() {
	if w.group.planned {
		return
	}
	w.group.planned = true
	w.after(w.between(2*time.Second, 10*time.Second), func() {
		w.group.planned = false
		w.reconcile()
	})
}

// reconcile launches what is missing and terminates what is too much.
func (w *World) reconcile() {
	surplus := len(w.live()) - w.group.desired
	for ; surplus < 0 && !w.suspended("Launch"); surplus++ {
		w.launchInstance()
	}
	for ; surplus > 0 && !w.suspended("Terminate"); surplus-- {
		victim := w.victim()
		if victim == nil {
			return // all are protected: the group stays larger than desired
		}
		w.terminate(victim)
	}
}

// victim picks the instance that a smaller desired capacity removes. The policy knows nothing of tasks: mostly it takes
// the host of the newest one, otherwise a fresh instance without any.
func (w *World) victim() *instance {
	open := slices.DeleteFunc(w.live(), func(i *instance) bool { return i.protected })
	if len(open) == 0 {
		return nil
	}
	idle := slices.DeleteFunc(slices.Clone(open), func(i *instance) bool { return w.occupant(i) != nil })
	if len(idle) > 0 && w.rng.Float64() < 0.3 {
		return w.newest(idle)
	}
	return w.newest(open)
}
