package asl

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/jsonata"
)

// A strand is one line of control: the execution itself, a branch or an iteration.
type strand struct {
	run    *run
	ctx    context.Context
	last   int // the event that led here
	scope  *scope
	item   any    // context.Map.Item of the innermost iteration, nil outside
	inside string // type of the state that it is in or failed in
}

// A visit is one stay in a state, all attempts included.
type visit struct {
	state       *state
	input       *datum
	entered     int // event
	before      int // event that led to the entry
	enteredTime time.Time
	retries     int    // attempts made before this one
	token       string // of the attempt that waits for one
}

// An effect is what a state leaves behind.
type effect struct {
	assigned map[string]*datum
	output   *datum
	next     string // empty: the graph ends
}

// sub begins a strand that reads s's variables.
func (s *strand) sub(ctx context.Context, last int, item any) *strand {
	return &strand{run: s.run, ctx: ctx, last: last, scope: newScope(s.scope), item: item}
}

// graph runs a graph to its end.
func (s *strand) graph(g *graph, input *datum) (*datum, *failure) {
	for name := g.startAt; ; {
		result, failed := s.state(g.states[name], input)
		if failed != nil {
			return nil, failed
		}
		if result.next == "" {
			return result.output, nil
		}
		name, input = result.next, result.output
	}
}

// state visits one state.
func (s *strand) state(st *state, input *datum) (*effect, *failure) {
	if s.ctx.Err() != nil {
		return nil, stopped
	}
	v := &visit{state: st, input: input, before: s.last, enteredTime: s.run.in.clock().Now()}
	s.inside = st.kind
	s.add(Event{Type: st.kind + "StateEntered", State: st.name, Input: input.text})
	v.entered = s.last
	result, failed := s.attempts(v)
	if failed == nil {
		failed = s.scope.set(result.assigned)
	}
	if failed == nil && result.output.tooLarge() {
		failed = tooLarge(st.name)
	}
	if failed != nil {
		return nil, failed
	}
	s.inside = ""
	s.add(Event{Type: st.kind + "StateExited", State: st.name, Output: result.output.text, Assigned: texts(result.assigned)})
	return result, nil
}

func texts(variables map[string]*datum) map[string]json.RawMessage {
	if len(variables) == 0 {
		return nil
	}
	result := make(map[string]json.RawMessage, len(variables))
	for name, d := range variables {
		result[name] = d.text
	}
	return result
}

// attempts tries a state, and again as its Retry says, and then its Catch.
func (s *strand) attempts(v *visit) (*effect, *failure) {
	used := make([]int, len(v.state.retry))
	for {
		result, failed := s.attempt(v)
		if failed == nil {
			return result, nil
		}
		delay, again := s.run.in.retry(v.state.retry, used, failed)
		if !again {
			return s.caught(v, failed)
		}
		if !s.sleep(delay) {
			return nil, stopped
		}
		v.retries++
	}
}

// attempt runs a state once.
func (s *strand) attempt(v *visit) (*effect, *failure) {
	e := &evaluation{strand: s, visit: v}
	switch v.state.kind {
	case "Task":
		return s.task(e)
	case "Choice":
		return s.choice(e)
	case "Wait":
		return s.wait(e)
	case "Fail":
		return s.fail(e)
	case "Parallel":
		return s.parallel(e)
	case "Map":
		return s.mapState(e)
	}
	return e.leave(v.state.outcome, v.input)
}

// leave evaluates what a state that goes to its Next leaves behind.
func (e *evaluation) leave(o outcome, fallback *datum) (*effect, *failure) {
	result, failed := e.outcome(o, fallback)
	if failed == nil {
		result.next = e.visit.state.next
	}
	return result, failed
}

// caught looks for a catcher. Assign and Output of the catcher see the error; the state's own are not evaluated.
func (s *strand) caught(v *visit, failed *failure) (*effect, *failure) {
	if closing := v.state.kind; !failed.stopped && (closing == "Map" || closing == "Parallel") {
		s.add(Event{Type: closing + "StateFailed", State: v.state.name})
	}
	for _, c := range v.state.catch {
		if !failed.matchedBy(c.errorEquals) {
			continue
		}
		err := jsonata.Object(jsonata.Member{Key: "Error", Value: failed.name}, jsonata.Member{Key: "Cause", Value: failed.cause})
		e := &evaluation{strand: s, visit: v, err: err}
		fallback, encoding := newDatum(err)
		if encoding != nil {
			return nil, &failure{name: errRuntime, cause: encoding.Error()}
		}
		result, failed := e.outcome(c.outcome, fallback)
		if failed != nil {
			return nil, failed
		}
		result.next = c.next
		return result, nil
	}
	return nil, failed
}

// add appends an event that follows from the strand's last one.
func (s *strand) add(e Event) {
	e.PrevID = s.last
	if id := s.run.history.add(e); id != 0 {
		s.last = id
	}
}

// evaluationFailed notes a failed evaluation. An event of it follows from what led into the state,
// if nothing else has happened since.
func (s *strand) evaluationFailed(v *visit, location, why string) *failure {
	cause := fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). %s", v.state.name, v.entered, why)
	if s.last == v.entered {
		s.last = v.before
	}
	s.add(Event{Type: "EvaluationFailed", State: v.state.name, Error: errQueryEvaluation, Cause: cause, Location: location})
	return &failure{name: errQueryEvaluation, cause: cause}
}

// sleep waits for d and reports whether it was not stopped.
func (s *strand) sleep(d time.Duration) bool {
	if d <= 0 {
		return s.ctx.Err() == nil
	}
	done := make(chan struct{})
	stop := s.run.in.clock().AfterFunc(d, func() { close(done) })
	defer stop()
	select {
	case <-done:
		return true
	case <-s.ctx.Done():
		return false
	}
}
