package fleetsim

import (
	"slices"
	"time"
)

// Snapshot is the fleet as it really is now, for a display and for checks.
type Snapshot struct {
	At time.Time
	// Desired is the EC2 service's desired count.
	Desired int
	Tasks   []TaskInfo // of both services, stopped ones as long as ECS shows them, in the order of creation
	Group   GroupInfo
	// Healthy counts healthy targets of the EC2 service, AllHealthy those of the Fargate service too.
	Healthy, AllHealthy int
	// AlarmFiring tells whether the CPU reservation alarm is in ALARM.
	AlarmFiring bool
}

// TaskInfo is one task.
type TaskInfo struct {
	ID, ARN, Service, Status, Instance, IP string
	StartedAt                              time.Time // zero before RUNNING
	Protected                              bool
	ProtectedUntil                         time.Time
	// Doomed means that the task has been told to stop; StopCode and StoppedReason tell why.
	Doomed                  bool
	StopCode, StoppedReason string
	// Target is the state in the target group; empty when the task is not, or no longer, registered.
	Target          string
	Complete, Total int
	Loading         []string
	Loaded          []LoadedRegion
}

// LoadedRegion is a region that a task holds in memory.
type LoadedRegion struct {
	URI, Fingerprint string
	At               time.Time // when its files were read
}

// GroupInfo is the Auto Scaling group.
type GroupInfo struct {
	Min, Max, Desired int
	Fenced            bool // AlarmNotification is suspended
	Suspended         []string
	Instances         []InstanceInfo
}

// InstanceInfo is one instance of the group.
type InstanceInfo struct {
	ID, Lifecycle string
	Registered    bool // an ACTIVE container instance
	Protected     bool // from scale-in
	Task          string
	LaunchedAt    time.Time
}

// Snapshot returns the present state, never a stale one.
func (w *World) Snapshot() Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.record()
	last := w.history[len(w.history)-1]
	s := Snapshot{At: w.now, Desired: w.service.desired, Group: w.groupInfo(), Healthy: last.Healthy, AllHealthy: last.All, AlarmFiring: w.alarm.firing}
	for _, t := range w.tasks {
		s.Tasks = append(s.Tasks, w.taskInfo(t))
	}
	return s
}

func (w *World) groupInfo() GroupInfo {
	g := GroupInfo{Min: w.group.min, Max: w.group.max, Desired: w.group.desired, Fenced: w.suspended("AlarmNotification")}
	for name := range w.group.suspended {
		g.Suspended = append(g.Suspended, name)
	}
	slices.Sort(g.Suspended)
	for _, i := range w.instances {
		info := InstanceInfo{ID: i.id, Lifecycle: i.lifecycle, Registered: i.registered, Protected: i.protected, LaunchedAt: i.launchedAt}
		if t := w.occupant(i); t != nil {
			info.Task = t.id
		}
		g.Instances = append(g.Instances, info)
	}
	return g
}

func (w *World) taskInfo(t *task) TaskInfo {
	info := TaskInfo{
		ID: t.id, ARN: w.Names.taskARN(t.id), Service: t.family, Status: t.status, IP: t.ip, StartedAt: t.startedAt,
		Protected: t.protectedUntil.After(w.now), ProtectedUntil: t.protectedUntil,
		Doomed: t.doomed, StopCode: t.stopCode, StoppedReason: t.stoppedReason,
	}
	if t.host != nil {
		info.Instance = t.host.id
	}
	if t.target != nil && slices.Contains(w.targets, t.target) {
		info.Target = t.target.state
	}
	if t.app == nil {
		return info
	}
	info.Total = len(t.app.loads)
	for _, l := range t.app.loads {
		switch l.state {
		case loaded:
			info.Complete++
			info.Loaded = append(info.Loaded, LoadedRegion{l.region.URI, l.fingerprint, l.at})
		case loading:
			info.Loading = append(info.Loading, l.region.URI)
		}
	}
	return info
}

// History returns the numbers of healthy targets since the beginning, one sample for each change.
func (w *World) History() []HealthSample {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.history)
}

// Calls returns how often an action of the API was called.
func (w *World) Calls(service, action string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[service+" "+action]
}
