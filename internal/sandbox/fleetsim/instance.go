package fleetsim

import (
	"slices"
	"time"
)

// The states of an instance in its group.
const (
	launching   = "Pending"
	inService   = "InService"
	terminating = "Terminating"
)

// instance is an EC2 instance of the group and, when registered, a container instance of the cluster.
type instance struct {
	id, container string // EC2's and ECS's IDs
	zone          string
	lifecycle     string
	launchedAt    time.Time
	registeredAt  time.Time
	registered    bool // an ACTIVE container instance
	off           bool
	protected     bool // from scale-in
}

func (w *World) newInstance(launched time.Time) *instance {
	i := &instance{
		id: "i-0" + hexID(w.rng, 16), container: hexID(w.rng, 32), lifecycle: launching, launchedAt: launched,
		registeredAt: launched.Add(2 * time.Minute), zone: w.Names.region + string(rune('a'+len(w.instances)%2)),
	}
	w.instances = append(w.instances, i)
	w.changed()
	return i
}

// launchInstance starts an instance: it counts for the group at once, and for ECS minutes later.
func (w *World) launchInstance() {
	i := w.newInstance(w.now)
	total := w.about(w.timing.InstanceLaunch, 0.2)
	w.after(total/3, func() {
		if i.lifecycle == launching {
			i.lifecycle = inService
			w.changed()
		}
	})
	w.after(total, func() {
		if i.lifecycle != inService || i.off {
			return
		}
		i.registered, i.registeredAt = true, w.now
		w.changed()
		w.reserve()
		w.kick(w.service)
	})
}

// terminate takes an instance away with whatever runs on it: nothing is drained.
func (w *World) terminate(i *instance) {
	i.lifecycle = terminating
	w.changed()
	w.after(w.between(10*time.Second, 30*time.Second), func() { w.powerOff(i) })
	w.after(w.between(60*time.Second, 90*time.Second), func() { w.forget(i) })
}

// powerOff ends the processes on an instance. ECS notices only some time later.
func (w *World) powerOff(i *instance) {
	if i.off {
		return
	}
	i.off = true
	if t := w.occupant(i); t != nil {
		t.app = nil
	}
	w.after(w.between(15*time.Second, 45*time.Second), func() { w.lose(i) })
}

// lose is when ECS notices that a container instance is gone.
func (w *World) lose(i *instance) {
	i.registered = false
	w.changed()
	w.reserve()
	t := w.occupant(i)
	if t == nil {
		return
	}
	w.doom(t, "TerminationNotice", "Host EC2 (instance "+i.id+") terminated.")
	w.drain(t.target)
	w.finish(t)
}

// forget removes an instance from its group.
func (w *World) forget(i *instance) {
	w.instances = without(w.instances, i)
	w.lose(i)
	w.reconcileSoon()
}

// live are the instances that count towards the desired capacity.
func (w *World) live() []*instance {
	return slices.DeleteFunc(slices.Clone(w.instances), func(i *instance) bool { return i.lifecycle == terminating })
}

// newest returns the instance among these whose task began last, or that was launched last when no task is on any.
func (w *World) newest(among []*instance) *instance {
	return slices.MaxFunc(among, func(a, b *instance) int {
		if c := w.taskAge(a).Compare(w.taskAge(b)); c != 0 {
			return c
		}
		return a.launchedAt.Compare(b.launchedAt)
	})
}

func (w *World) taskAge(i *instance) time.Time {
	if t := w.occupant(i); t != nil {
		return t.createdAt
	}
	return time.Time{}
}
