package asl

import (
	"context"
	"fmt"
)

// distributed runs each iteration as a child execution with a history of its own, which sees no variables.
// Failures are tolerated up to ToleratedFailureCount or ToleratedFailurePercentage; their outputs are left out
// (no recording shows that; the documentation says so of exported results only).
func (s *strand) distributed(e *evaluation, work *iterations) (*effect, *failure) {
	st := e.visit.state
	s.add(Event{Type: "MapRunStarted", State: st.name})
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	results := make([]*Result, len(work.inputs))
	ended := make(chan int)
	child := func(i int) {
		o := s.run.options
		o.Name = fmt.Sprintf("%s/%s:%d", o.Name, st.name, i)
		o.ID = fmt.Sprintf("%s/%s:%d", o.ID, st.name, i)
		results[i] = s.run.in.execute(ctx, st.processor, 0, o, work.inputs[i])
		ended <- i
	}
	next := min(len(work.inputs), work.concurrency)
	for i := range next {
		go child(i)
	}
	failures, exceeded := 0.0, false
	for running := next; running > 0; running-- {
		if results[<-ended].Status != Succeeded {
			failures++
		}
		if !exceeded && work.exceeded(failures) {
			exceeded = true
			cancel()
		}
		if next < len(work.inputs) && ctx.Err() == nil {
			go child(next)
			next++
			running++
		}
	}
	if s.ctx.Err() != nil {
		return nil, stopped
	}
	if exceeded {
		failed := &failure{name: errTolerance, cause: "The specified tolerated failure threshold was exceeded"}
		s.add(Event{Type: "MapRunFailed", State: st.name, Error: failed.name, Cause: failed.cause})
		return nil, failed
	}
	s.add(Event{Type: "MapRunSucceeded", State: st.name})
	s.note(Event{Type: "MapStateSucceeded", State: st.name})
	return s.collected(e, results)
}

// exceeded reports whether so many failures are more than the Map tolerates: none, unless it says otherwise.
func (work *iterations) exceeded(failures float64) bool {
	if work.count < 0 && work.percentage < 0 {
		return failures > 0
	}
	percentage := failures / float64(len(work.inputs)) * 100
	return work.count >= 0 && failures > work.count || work.percentage >= 0 && percentage > work.percentage
}

func (s *strand) collected(e *evaluation, results []*Result) (*effect, *failure) {
	outputs := []any{}
	for _, result := range results {
		if result.Status != Succeeded {
			continue
		}
		d, err := readDatum(result.Output)
		if err != nil {
			return nil, &failure{name: errRuntime, cause: err.Error()}
		}
		outputs = append(outputs, d.value)
	}
	return e.gathered(outputs)
}
