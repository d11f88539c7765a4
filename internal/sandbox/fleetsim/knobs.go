package fleetsim

import "fmt"

// task finds a task by ID or ARN.
func (w *World) task(id string) *task {
	id = lastPart(id)
	for _, t := range w.tasks {
		if t.id == id {
			return t
		}
	}
	return nil
}

// KillTask ends a task's process with an exit code, as a crash does.
func (w *World) KillTask(id string, code int) error {
	return w.do(func() error {
		t := w.task(id)
		if t == nil || t.app == nil {
			return fmt.Errorf("no task %s has a process", id)
		}
		w.exit(t, code)
		return nil
	})
}

// KillInstance makes an instance fail: its task dies undrained, and the group replaces it.
func (w *World) KillInstance(id string) error {
	return w.do(func() error {
		for _, i := range w.instances {
			if i.id == id && i.lifecycle != terminating {
				w.terminate(i)
				w.powerOff(i)
				w.reconcileSoon()
				return nil
			}
		}
		return fmt.Errorf("no instance %s", id)
	})
}

// SetDeploying puts a second deployment of the EC2 service in progress, or ends it.
func (w *World) SetDeploying(is bool) {
	_ = w.do(func() error { w.service.deploying = is; w.changed(); return nil })
}

// ForceAlarm puts one of the environment's alarms in ALARM, whatever its metric is; it has no effect on the group.
func (w *World) ForceAlarm(name string, is bool) {
	_ = w.do(func() error { w.alarm.forced[name] = is; return nil })
}

// SetSources replaces where tasks read rows and files from now on.
func (w *World) SetSources(regions RegionSource, loader Loader) {
	_ = w.do(func() error { w.cfg.Regions, w.cfg.Loader = regions, loader; return nil })
}

// do changes the World at the present time.
func (w *World) do(change func() error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance(w.cfg.Now().UTC())
	defer w.record()
	return change()
}
