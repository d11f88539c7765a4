package fleetsim

import "time"

// settle makes the steady state: everything has been running for days.
func (w *World) settle() {
	age := w.between(3*24*time.Hour, 9*24*time.Hour)
	began := w.now.Add(-age)
	n := w.cfg.Usual
	w.service = w.newService(w.Names.Service, "EC2", n, began)
	fargate := 1
	if w.cfg.NoFargate {
		fargate = 0
	}
	w.fargate = w.newService(w.Names.FargateService, "FARGATE", fargate, began)
	w.group = group{min: n, max: 2*n + 1, desired: n, suspended: map[string]time.Time{}}
	for i := range n {
		host := w.newInstance(began.Add(-time.Hour))
		host.lifecycle, host.registered = inService, true
		w.settleTask(w.service, host, began.Add(time.Duration(i)*time.Second))
	}
	for range fargate {
		w.settleTask(w.fargate, nil, began)
	}
	w.alarm = newAlarm(w.now.Add(-w.timing.AlarmPeriod), w.reservation())
	w.after(w.between(0, time.Minute), w.evaluateAlarm)
}

func (w *World) settleTask(s *service, host *instance, began time.Time) {
	t := w.newTask(s, host)
	t.status, t.version = running, 7
	t.createdAt, t.startedAt = began, began.Add(w.about(w.timing.TaskStart, 0.2))
	t.app = w.newApp(t)
	t.app.known = true
	t.target = w.register(t)
	t.target.state, t.target.reason, t.target.description = healthy, "", ""
	w.after(0, t.app.adopt)
}
