package asl

import "context"

// An ending is how a branch or an iteration ended.
type ending struct {
	index  int
	strand *strand
	output *datum
	failed *failure
}

// parallel runs all branches at once. The first that fails stops the others.
func (s *strand) parallel(e *evaluation) (*effect, *failure) {
	st := e.visit.state
	input := e.visit.input
	if st.arguments != nil {
		var failed *failure
		if input, failed = e.datum(st.arguments); failed != nil {
			return nil, failed
		}
	}
	s.add(Event{Type: "ParallelStateStarted", State: st.name})
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	endings := make(chan ending, len(st.branches))
	for i, branch := range st.branches {
		sub := s.sub(ctx, s.last, s.item)
		go func() {
			output, failed := sub.graph(branch, input)
			endings <- ending{i, sub, output, failed}
		}()
	}
	outputs := make([]any, len(st.branches))
	var first *ending
	var aborted []ending
	for range st.branches {
		switch end := <-endings; {
		case end.failed == nil:
			outputs[end.index] = end.output.value
			s.last = max(s.last, end.strand.last)
		case first == nil && !end.failed.stopped:
			first = &end
			cancel()
		default:
			aborted = append(aborted, end)
		}
	}
	if first != nil {
		s.last = first.strand.last
		s.noteAborted(append([]ending{*first}, aborted...))
		return nil, first.failed
	}
	if len(aborted) > 0 {
		return nil, stopped
	}
	s.note(Event{Type: "ParallelStateSucceeded", State: st.name})
	return e.gathered(outputs)
}

// gathered makes the outputs of branches or iterations the state's result.
func (e *evaluation) gathered(outputs []any) (*effect, *failure) {
	result, err := newDatum(outputs)
	if err != nil {
		return nil, &failure{name: errRuntime, cause: err.Error()}
	}
	if result.tooLarge() {
		return nil, tooLarge(e.visit.state.name)
	}
	e.result = result
	return e.leave(e.visit.state.outcome, result)
}

// note appends an event beside the line: what comes next follows from the same event as this one.
func (s *strand) note(e Event) {
	e.PrevID = s.last
	s.run.history.add(e)
}

// noteAborted notes the states in which strands were stopped. A Task that failed is among them; other
// states that failed themselves are not.
func (s *strand) noteAborted(endings []ending) {
	for _, end := range endings {
		if kind := end.strand.inside; kind == "Task" || end.failed.stopped && (kind == "Wait" || kind == "Map" || kind == "Parallel") {
			s.note(Event{Type: kind + "StateAborted"})
		}
	}
}
