package asl

import (
	"errors"
	"fmt"
	"slices"
)

// Names of the service's own errors.
const (
	errAll               = "States.ALL"
	errTaskFailed        = "States.TaskFailed"
	errTimeout           = "States.Timeout"
	errHeartbeatTimeout  = "States.HeartbeatTimeout"
	errRuntime           = "States.Runtime"
	errDataLimitExceeded = "States.DataLimitExceeded"
	errQueryEvaluation   = "States.QueryEvaluationError"
	errNoChoiceMatched   = "States.NoChoiceMatched"
	errTolerance         = "States.ExceedToleratedFailureThreshold"
)

// stateErrors lists every name that may follow "States." in ErrorEquals.
var stateErrors = []string{
	errAll, errTaskFailed, errTimeout, errHeartbeatTimeout, errRuntime, errDataLimitExceeded, errQueryEvaluation,
	errNoChoiceMatched, errTolerance, "States.BranchFailed", "States.Permissions", "States.ItemReaderFailed",
	"States.ResultWriterFailed", "States.Http.Socket", "States.IntrinsicFailure", "States.ParameterPathFailure",
	"States.ResultPathMatchFailure",
}

// An Error is a task's failure by name, for Tasks.Run to return as a value or a pointer. Wrapping it does no harm.
type Error struct {
	Name  string // what ErrorEquals matches
	Cause string
}

// Error returns the name and the cause.
func (e Error) Error() string {
	if e.Cause == "" {
		return e.Name
	}
	return e.Name + ": " + e.Cause
}

// A failure ends an attempt at a state, and unless it is retried or caught, the execution.
type failure struct {
	name, cause string
	heartbeat   bool // a States.Timeout that States.HeartbeatTimeout matches, too
	stopped     bool // the execution or the branch was stopped: nothing may catch it
}

var stopped = &failure{stopped: true}

// failureOf turns what Tasks.Run returned into a failure.
func failureOf(err error) *failure {
	var byPointer *Error
	if errors.As(err, &byPointer) {
		return &failure{name: byPointer.Name, cause: byPointer.Cause}
	}
	var byValue Error
	if errors.As(err, &byValue) {
		return &failure{name: byValue.Name, cause: byValue.Cause}
	}
	return &failure{name: errTaskFailed, cause: err.Error()}
}

// matchedBy reports whether ErrorEquals names the failure.
//
// States.ALL matches neither States.Runtime, which nothing can catch, nor States.DataLimitExceeded, which only its
// own name catches. States.TaskFailed matches all that remains but timeouts. A missed heartbeat appears in the
// history as States.Timeout and answers to both names.
func (f *failure) matchedBy(errorEquals []string) bool {
	if f.stopped || f.name == errRuntime {
		return false
	}
	if slices.Contains(errorEquals, f.name) || f.heartbeat && slices.Contains(errorEquals, errHeartbeatTimeout) {
		return true
	}
	if f.name == errDataLimitExceeded {
		return false
	}
	return slices.Contains(errorEquals, errAll) || f.name != errTimeout && slices.Contains(errorEquals, errTaskFailed)
}

// tooLarge is the failure of a payload over the service's limit.
func tooLarge(what string) *failure {
	return &failure{
		name:  errDataLimitExceeded,
		cause: fmt.Sprintf("The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", what),
	}
}
