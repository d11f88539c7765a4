package asl

import (
	"context"
	"errors"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/jsonata"
)

// A run is one execution while it lasts: a machine's, or a child's of a distributed Map.
type run struct {
	in      *Interpreter
	options ExecutionOptions
	history *history
	context []jsonata.Member // Execution and StateMachine of the context object

	timedOut error // the reason of its context's end by its own timeout
	overflow error // and by a full history
}

// execute runs a graph as an execution of its own.
func (in *Interpreter) execute(ctx context.Context, g *graph, timeout time.Duration, o ExecutionOptions, input *datum) *Result {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &run{in: in, options: o, timedOut: errors.New("the execution's TimeoutSeconds have passed"), overflow: errors.New("the history is full")}
	r.history = &history{clock: in.clock(), name: o.Name, onEvent: in.OnEvent, overflow: func() { cancel(r.overflow) }}
	r.context = executionContext(o, input.value, in.clock().Now())
	if timeout > 0 {
		stop := in.clock().AfterFunc(timeout, func() { cancel(r.timedOut) })
		defer stop()
	}
	s := &strand{run: r, ctx: ctx, scope: newScope(nil)}
	r.history.add(Event{Type: "ExecutionStarted", Input: input.text})
	output, failed := s.graph(g, input)
	return r.end(s, output, failed)
}

// end closes the history and says how the execution ended.
func (r *run) end(s *strand, output *datum, failed *failure) *Result {
	result, last := &Result{}, Event{}
	switch cause := context.Cause(s.ctx); {
	case cause == r.overflow:
		result.Status, last.Type = Failed, "ExecutionFailed"
		result.Error, result.Cause = errRuntime, "The execution reached the maximum number of history events (25000)."
		last.PrevID = s.last
	case failed == nil:
		result.Status, last.Type = Succeeded, "ExecutionSucceeded"
		result.Output, last.Output, last.PrevID = output.text, output.text, s.last
	case !failed.stopped:
		result.Status, last.Type = Failed, "ExecutionFailed"
		result.Error, result.Cause, last.PrevID = failed.name, failed.cause, s.last
	case cause == r.timedOut:
		result.Status, last.Type = TimedOut, "ExecutionTimedOut"
		result.Error = errTimeout
	default:
		result.Status, last.Type = Aborted, "ExecutionAborted"
		var reason *Error
		if errors.As(cause, &reason) {
			result.Error, result.Cause = reason.Name, reason.Cause
		}
	}
	last.Error, last.Cause = result.Error, result.Cause
	r.history.close(last)
	result.Events = r.history.events
	return result
}
