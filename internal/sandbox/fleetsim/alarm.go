package fleetsim

import (
	"fmt"
	"time"
)

// alarm watches the cluster's CPU reservation.
type alarm struct {
	steps   []step // reservation from a moment on, in percent; the first one is older than the period
	firing  bool
	since   time.Time
	average float64
	forced  map[string]bool // alarms that a test has put in ALARM
}

type step struct {
	at    time.Time
	value float64
}

func newAlarm(at time.Time, value float64) alarm {
	return alarm{steps: []step{{at, value}}, since: at, average: value, forced: map[string]bool{}}
}

// reservation is the CPU that tasks reserve of all registered container instances, in percent.
func (w *World) reservation() float64 {
	hosts, used := 0, 0
	for _, i := range w.instances {
		if i.registered {
			hosts++
			if w.occupant(i) != nil {
				used++
			}
		}
	}
	if hosts == 0 {
		return 0
	}
	return w.cfg.ReservedPercent * float64(used) / float64(hosts)
}

// reserve notes the reservation when it has changed.
func (w *World) reserve() {
	value := w.reservation()
	if last := w.alarm.steps[len(w.alarm.steps)-1]; last.value != value {
		w.alarm.steps = append(w.alarm.steps, step{w.now, value})
	}
}

// evaluateAlarm runs every minute: it sets the alarm's state and lets it act, again and again while it lasts.
func (w *World) evaluateAlarm() {
	w.after(time.Minute, w.evaluateAlarm)
	w.alarm.average = w.averageReservation()
	if firing := w.alarm.average < 100; firing != w.alarm.firing {
		w.alarm.firing, w.alarm.since = firing, w.now
		w.changed()
	}
	w.actOnAlarm()
}

// actOnAlarm is the policy asgScalingPolicy<Env>CPUReservation: one instance less, unless the group is fenced, cooling
// down or at its minimum.
func (w *World) actOnAlarm() {
	if !w.alarm.firing || w.suspended("AlarmNotification") || w.now.Before(w.group.cooledDown) || w.group.desired <= w.group.min {
		return
	}
	w.group.cooledDown = w.now.Add(w.timing.Cooldown)
	w.setDesired(w.group.desired - 1)
}

// averageReservation is the mean over the alarm's period, and drops the steps before it.
func (w *World) averageReservation() float64 {
	from := w.now.Add(-w.timing.AlarmPeriod)
	steps := w.alarm.steps
	for len(steps) > 1 && !steps[1].at.After(from) {
		steps = steps[1:]
	}
	w.alarm.steps = steps
	sum := 0.0
	for i, s := range steps {
		until := w.now
		if i+1 < len(steps) {
			until = steps[i+1].at
		}
		begin := s.at
		if begin.Before(from) {
			begin = from
		}
		sum += s.value * until.Sub(begin).Seconds()
	}
	return sum / w.timing.AlarmPeriod.Seconds()
}

func (w *World) alarmReason() string {
	verb := "was not less than"
	if w.alarm.firing {
		verb = "was less than"
	}
	return fmt.Sprintf("Threshold Crossed: 1 datapoint [%.1f (%s)] %s the threshold (100.0).",
		w.alarm.average, w.now.Format("02/01/06 15:04:05"), verb)
}
