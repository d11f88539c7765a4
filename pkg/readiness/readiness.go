// Package readiness judges how far a restarted fleet has come, from task states, target health and log lines.
// It is pure: it makes no call and reads no clock, and everything that it returns is bounded in size.
//
// What a DistrictBuilder task does while it starts: it loads the topology of every region in turn and answers 503
// to the load balancer until all are loaded, which takes 20 to 25 minutes. At each failing probe it logs how far it
// is. A region that cannot be loaded is tried six times without a pause, then the process exits.
package readiness

import (
	"strings"
	"time"
)

// The verdicts of a look.
const (
	Loading = "loading" // not there yet, and nothing seen that would not pass by itself
	Healthy = "healthy" // as many new tasks as expected are healthy
	Failing = "failing" // a new task has failed at least twice to load one region
	Stuck   = "stuck"   // a region stays in loading and nothing is completed
)

// Bounds on what is returned.
const (
	maxTasks     = 40       // tasks that are listed
	maxDiagnosis = 5        // regions that are diagnosed
	maxWhy       = 1000     // bytes of why
	maxReport    = 24 << 10 // bytes of the whole report as JSON
	maxLook      = 8 << 10  // bytes of the look as JSON
)

// Task is one task of the service as ECS and the target group see it.
type Task struct {
	ARN           string
	Old           bool   // it was there before the scale-out
	Status        string // ECS's lastStatus
	Stopping      bool   // ECS's desiredStatus is STOPPED
	Created       time.Time
	Started       time.Time // zero before RUNNING
	Health        string    // the target's state; empty when it is not registered
	HealthReason  string
	StoppedReason string
	ExitCode      *int // of the application's container, once it has exited
}

// ID returns the last part of the task's ARN, which is also the last part of its log stream's name.
func (t Task) ID() string { return t.ARN[strings.LastIndexByte(t.ARN, '/')+1:] }

func (t Task) running() bool  { return t.Status == "RUNNING" && !t.Stopping }
func (t Task) healthy() bool  { return t.running() && t.Health == "healthy" }
func (t Task) starting() bool { return !t.running() && !t.Stopping && !t.stopped() }
func (t Task) stopped() bool  { return t.Status == "STOPPED" }
func (t Task) draining() bool { return t.Health == "draining" || t.Health == "unhealthy.draining" }

// Line is one line of the log.
type Line struct {
	Task string // task ID
	At   time.Time
	Text string
}

// Input is everything that one look sees.
type Input struct {
	Now        time.Time
	Expected   int           // healthy new tasks wanted
	Usual      int           // tasks that stay afterwards
	StuckAfter time.Duration // how long nothing may be completed while a region is loading
	Tasks      []Task        // of the service, old and new; stopped ones only if they were started in this run
	Lines      []Line        // new since the last look, or seen before: folding a line twice changes nothing
	Lagging    bool          // the log has more lines than this look has read
	Events     []string      // the service's own messages on why tasks are not placed, newest first
}

// Report is what one look has found.
type Report struct {
	Verdict    string       `json:"verdict"`
	Healthy    int          `json:"healthy"` // healthy new tasks
	Expected   int          `json:"expected"`
	Starting   int          `json:"starting"` // new tasks that are to run and do not yet
	OldRunning int          `json:"oldRunning"`
	OldHealthy int          `json:"oldHealthy"`
	Draining   int          `json:"draining"`             // targets of this service that are being deregistered
	ETASeconds *int         `json:"etaSeconds,omitempty"` // until as many tasks as expected have loaded everything
	Tasks      []TaskReport `json:"tasks"`                // new tasks, at most 40
	NewTasks   []string     `json:"newTasks"`             // ARNs of the new tasks that run, healthy ones first
	Stay       []string     `json:"stay"`                 // ARNs of the healthy new tasks to keep, oldest first
	Diagnosis  []Diagnosis  `json:"diagnosis"`            // at most 5, the worst first
	Why        string       `json:"why"`                  // the verdict in plain words
	Look       Look         `json:"look"`                 // for the next look
}

// TaskReport is the progress of one new task.
type TaskReport struct {
	ID           string   `json:"id"`
	State        string   `json:"state"` // starting, loading, loaded, healthy, failing, stuck, stopping or stopped
	Complete     int      `json:"complete"`
	Total        int      `json:"total"`   // 0 while unknown
	Pending      []string `json:"pending"` // at most 3 regions, as "US/TX"
	PendingCount int      `json:"pendingCount"`
	Loading      []string `json:"loading"`
	LoadingCount int      `json:"loadingCount"`
	ETASeconds   *int     `json:"etaSeconds,omitempty"` // until it has loaded everything; the probes then take about 90 s
	Health       string   `json:"health,omitempty"`     // the target's state
}

// Diagnosis says what is wrong with one region, and what to do.
type Diagnosis struct {
	Region  string `json:"region"`         // its URI
	File    string `json:"file,omitempty"` // if the message tells it
	Problem string `json:"problem"`
	Fix     string `json:"fix"`
	Tries   int    `json:"tries"` // of 6; 0 for a region that only hangs
	Task    string `json:"task"`
}
