package asl

import (
	"context"
	"math"

	"github.com/publicmapping/districtbuilder-ops/internal/jsonata"
)

// maxInline is how many iterations of an inline Map the service runs at once.
const maxInline = 40

// iterations is what a Map is about to do.
type iterations struct {
	inputs      []*datum
	items       []any // context.Map.Item of each
	concurrency int
	count       float64 // ToleratedFailureCount, negative: not given
	percentage  float64 // ToleratedFailurePercentage, negative: not given
}

// mapState runs the processor once for each item.
func (s *strand) mapState(e *evaluation) (*effect, *failure) {
	work, failed := s.iterations(e)
	if failed != nil {
		return nil, failed
	}
	s.add(Event{Type: "MapStateStarted", State: e.visit.state.name, Length: len(work.inputs)})
	if e.visit.state.distributed {
		return s.distributed(e, work)
	}
	return s.inline(e, work)
}

// iterations evaluates the Map's fields and the input of each iteration.
func (s *strand) iterations(e *evaluation) (*iterations, *failure) {
	st := e.visit.state
	items, failed := s.items(e)
	if failed != nil {
		return nil, failed
	}
	work := &iterations{concurrency: math.MaxInt, count: -1, percentage: -1}
	limits := []struct {
		t    *template
		most float64
		set  func(float64)
	}{
		{st.concurrency, 10000, func(n float64) {
			if n >= 1 {
				work.concurrency = int(n)
			}
		}},
		{st.toleratedCount, math.MaxInt32, func(n float64) { work.count = n }},
		{st.toleratedPercentage, 100, func(n float64) { work.percentage = n }},
	}
	for _, limit := range limits {
		if limit.t == nil {
			continue
		}
		n, failed := e.number(limit.t, 0, limit.most)
		if failed != nil {
			return nil, failed
		}
		limit.set(n)
	}
	return work, s.inputs(e, work, items)
}

// items finds the list: Items, or the state's input.
func (s *strand) items(e *evaluation) ([]any, *failure) {
	t := e.visit.state.items
	if t == nil {
		items, ok := e.visit.input.value.([]any)
		if !ok {
			return nil, e.failed("", "Map state input must be an array but was: %s", e.visit.input.text)
		}
		return items, nil
	}
	value, failed := t.evaluate(e)
	if failed != nil {
		return nil, failed
	}
	items, ok := value.([]any)
	if !ok {
		return nil, e.unexpected(t, "array", value)
	}
	return items, nil
}

// inputs computes each iteration's input: the item, or what ItemSelector makes of it.
func (s *strand) inputs(e *evaluation, work *iterations, items []any) (failed *failure) {
	outer := s.item
	defer func() { s.item = outer }()
	for i, item := range items {
		s.item = jsonata.Object(jsonata.Member{Key: "Index", Value: float64(i)}, jsonata.Member{Key: "Value", Value: item})
		input, err := newDatum(item)
		if selector := e.visit.state.selector; selector != nil {
			if input, failed = e.datum(selector); failed != nil {
				return failed
			}
		} else if err != nil {
			return e.failed("Items", "The field 'Items' has an unsupported type.")
		}
		work.items = append(work.items, s.item)
		work.inputs = append(work.inputs, input)
	}
	return nil
}

// inline runs the iterations as part of this execution. The first that fails stops the others.
func (s *strand) inline(e *evaluation, work *iterations) (*effect, *failure) {
	st := e.visit.state
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	endings := make(chan ending)
	begin := func(i, from int) *strand {
		started := s.run.history.add(Event{PrevID: from, Type: "MapIterationStarted", State: st.name, Index: i})
		return s.sub(ctx, started, work.items[i])
	}
	iterate := func(sub *strand, i int) {
		output, failed := sub.graph(st.processor, work.inputs[i])
		endings <- ending{i, sub, output, failed}
	}
	next := min(len(work.inputs), work.concurrency, maxInline)
	subs := make([]*strand, next)
	for i := range subs {
		subs[i] = begin(i, s.last)
	}
	for i, sub := range subs {
		go iterate(sub, i)
	}
	outputs := make([]any, len(work.inputs))
	var failures []ending // the first one failed, the others were stopped
	for running := next; running > 0; running-- {
		end := <-endings
		switch {
		case end.failed == nil:
			outputs[end.index] = end.output.value
			s.last = s.run.history.add(Event{PrevID: end.strand.last, Type: "MapIterationSucceeded", State: st.name, Index: end.index})
		case len(failures) == 0:
			cancel()
			fallthrough
		default:
			failures = append(failures, end)
		}
		if len(failures) == 0 && next < len(work.inputs) && ctx.Err() == nil {
			go iterate(begin(next, end.strand.last), next)
			next++
			running++
		}
	}
	if len(failures) > 0 {
		return nil, s.iterationFailed(st, failures)
	}
	if s.ctx.Err() != nil {
		return nil, stopped
	}
	s.note(Event{Type: "MapStateSucceeded", State: st.name})
	return e.gathered(outputs)
}

// iterationFailed notes which iteration failed and which were stopped for it.
func (s *strand) iterationFailed(st *state, failures []ending) *failure {
	first := failures[0]
	if first.failed.stopped {
		return stopped
	}
	s.last = first.strand.last
	s.note(Event{Type: "MapIterationFailed", State: st.name, Index: first.index})
	s.noteAborted(failures[:1])
	for _, end := range failures[1:] {
		s.note(Event{Type: "MapIterationAborted", State: st.name, Index: end.index})
		s.noteAborted([]ending{end})
	}
	return first.failed
}
