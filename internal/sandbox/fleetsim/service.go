package fleetsim

import (
	"fmt"
	"slices"
	"time"
)

// service is an ECS service with one deployment.
type service struct {
	name, launchType string
	desired          int
	deployment       string // the deployment's ID, which its tasks carry as startedBy
	deploying        bool   // a second deployment is under way
	createdAt        time.Time
	updatedAt        time.Time
	failed           int
	events           []serviceEvent // newest last
	steady           bool           // the last look found nothing to do
	planned          bool           // a look is planned
}

type serviceEvent struct {
	id, message string
	at          time.Time
}

func (w *World) newService(name, launchType string, desired int, began time.Time) *service {
	s := &service{
		name: name, launchType: launchType, desired: desired, createdAt: began, updatedAt: began, steady: true,
		deployment: "ecs-svc/" + fmt.Sprintf("%019d", w.rng.Int64N(1e18)),
	}
	s.events = []serviceEvent{{hexID(w.rng, 8), fmt.Sprintf("(service %s) has reached a steady state.", name), began.Add(30 * time.Minute)}}
	return s
}

// say adds a service event. The same text is not repeated within five minutes.
func (w *World) say(s *service, format string, args ...any) {
	message := "(service " + s.name + ") " + fmt.Sprintf(format, args...)
	for _, e := range slices.Backward(s.events) {
		if w.now.Sub(e.at) > 5*time.Minute {
			break
		}
		if e.message == message {
			return
		}
	}
	s.events = append(s.events, serviceEvent{hexID(w.rng, 8), message, w.now})
	if len(s.events) > 100 {
		s.events = slices.Clone(s.events[1:])
	}
	w.changed()
}

// kick makes the scheduler look at a service soon.
func (w *World) kick(s *service) {
	s.steady = false
	if s.planned {
		return
	}
	s.planned = true
	w.after(w.about(w.timing.Schedule, 0.5), func() {
		s.planned = false
		w.schedule(s)
	})
}

// schedule brings the number of tasks towards the desired count, and looks again until it is steady: as many tasks as
// desired, all of them healthy.
func (w *World) schedule(s *service) {
	wanted := w.wanted(s)
	ready := 0
	for _, t := range wanted {
		if t.status == running && t.serves() {
			ready++
		}
	}
	switch {
	case len(wanted) < s.desired:
		w.place(s, s.desired-len(wanted))
	case len(wanted) > s.desired:
		w.scaleIn(s, wanted, len(wanted)-s.desired)
	case ready == s.desired:
		if !s.steady {
			s.steady = true
			w.say(s, "has reached a steady state.")
		}
		return
	}
	w.kick(s)
}

// wanted are the service's tasks that nobody has told to stop.
func (w *World) wanted(s *service) []*task {
	var tasks []*task
	for _, t := range w.tasks {
		if t.service == s && !t.doomed {
			tasks = append(tasks, t)
		}
	}
	return tasks
}

// place starts tasks, each on a free host of its own; for those without one it says so in an event.
func (w *World) place(s *service, missing int) {
	started := ""
	count := 0
	for ; missing > 0; missing-- {
		var host *instance
		if s.launchType == "EC2" {
			free := w.freeHosts()
			if len(free) == 0 {
				w.say(s, "was unable to place a task because no container instance met all of its requirements. "+
					"Reason: No Container Instances with sufficient CPU were found in your cluster. "+
					"For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.")
				break
			}
			host = free[w.rng.IntN(len(free))]
		}
		t := w.newTask(s, host)
		w.launch(t)
		started += fmt.Sprintf(" (task %s)", t.id)
		count++
	}
	if count > 0 {
		w.reserve()
		w.say(s, "has started %d tasks:%s.", count, started)
	}
}

// freeHosts are registered container instances without a task, one that is still stopping included.
func (w *World) freeHosts() []*instance {
	var free []*instance
	for _, host := range w.instances {
		if host.registered && w.occupant(host) == nil {
			free = append(free, host)
		}
	}
	return free
}

func (w *World) occupant(host *instance) *task {
	for _, t := range w.tasks {
		if t.host == host && t.status != stopped {
			return t
		}
	}
	return nil
}

// scaleIn stops surplus tasks. AWS leaves the order open: this one takes what serves, the newest first, and keeps
// what still loads. Protected tasks are never chosen, so there may be fewer to stop than wanted.
func (w *World) scaleIn(s *service, wanted []*task, surplus int) {
	var victims []*task
	for _, t := range wanted {
		if !t.protectedUntil.After(w.now) {
			victims = append(victims, t)
		}
	}
	w.rng.Shuffle(len(victims), func(i, j int) { victims[i], victims[j] = victims[j], victims[i] })
	slices.SortStableFunc(victims, func(a, b *task) int {
		if a.serves() != b.serves() {
			if a.serves() {
				return -1
			}
			return 1
		}
		return b.startedAt.Compare(a.startedAt)
	})
	victims = victims[:min(surplus, len(victims))]
	if len(victims) == 0 {
		return
	}
	stopped := ""
	for _, t := range victims {
		w.stop(t, "ServiceSchedulerInitiated", fmt.Sprintf("Scaling activity initiated by (deployment %s)", s.deployment))
		stopped += fmt.Sprintf(" (task %s)", t.id)
	}
	w.say(s, "has begun draining connections on %d tasks.", len(victims))
	w.say(s, "has stopped %d running tasks:%s.", len(victims), stopped)
}

func (t *task) serves() bool { return t.target != nil && t.target.state == healthy }
