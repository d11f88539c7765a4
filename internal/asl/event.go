package asl

import (
	"encoding/json"
	"time"
)

// An Event is one entry of an execution's history, as GetExecutionHistory has it.
// Fields that do not belong to a type of event are zero.
type Event struct {
	ID        int // position in the history, from 1
	PrevID    int // the event that led to this one, 0 for the first state
	Time      time.Time
	Execution string // name of the execution
	Type      string // TaskStateEntered, TaskScheduled, ExecutionFailed, …
	State     string // state to which the event belongs; for a Map's iterations the Map

	Input    json.RawMessage            // *StateEntered, ExecutionStarted
	Output   json.RawMessage            // *StateExited, *Succeeded, TaskSubmitted
	Assigned map[string]json.RawMessage // *StateExited: variables that were set

	Resource           string          // what a task calls: invoke, startExecution.sync:2, or a function's ARN
	ResourceType       string          // lambda, states, sns, …; empty for a function's ARN
	Parameters         json.RawMessage // *Scheduled: the task's arguments
	Credentials        json.RawMessage // *Scheduled
	TimeoutInSeconds   int             // *Scheduled, 0 is none
	HeartbeatInSeconds int             // *Scheduled, 0 is none

	Index  int // MapIteration*
	Length int // MapStateStarted

	Error    string
	Cause    string
	Location string // EvaluationFailed: the field whose expression failed
}
