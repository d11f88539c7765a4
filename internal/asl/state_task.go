package asl

import (
	"context"
	"time"
)

// A call is one attempt of a Task, ready to go out.
type call struct {
	arguments   *datum
	credentials *datum // nil: none
	timeout     time.Duration
	heartbeat   time.Duration
	token       string
	waiter      *waiter // nil unless .waitForTaskToken
}

// task makes one attempt.
func (s *strand) task(e *evaluation) (*effect, *failure) {
	c := &call{}
	if e.visit.state.resource.callback {
		c.token, c.waiter = s.run.in.await()
		defer s.run.in.forget(c.token)
	}
	e.visit.token = c.token
	if failed := c.evaluate(e); failed != nil {
		return nil, failed
	}
	result, failed := s.call(e.visit, c)
	if failed != nil {
		return nil, failed
	}
	e.result = result
	return e.leave(e.visit.state.outcome, result)
}

// evaluate computes what the call sends. Without Arguments that is the state's input.
func (c *call) evaluate(e *evaluation) (failed *failure) {
	st := e.visit.state
	c.arguments = e.visit.input
	if st.arguments != nil {
		if c.arguments, failed = e.datum(st.arguments); failed != nil {
			return failed
		}
	}
	if st.credentials != nil {
		if c.credentials, failed = e.datum(st.credentials); failed != nil {
			return failed
		}
	}
	if c.timeout, failed = e.seconds(st.timeout); failed != nil {
		return failed
	}
	c.heartbeat, failed = e.seconds(st.heartbeat)
	return failed
}

// seconds evaluates a time limit; 0 is none.
func (e *evaluation) seconds(t *template) (time.Duration, *failure) {
	if t == nil {
		return 0, nil
	}
	n, failed := e.number(t, 1, 99999999)
	return time.Duration(n * float64(time.Second)), failed
}

// call sends the task out and waits for its answer.
func (s *strand) call(v *visit, c *call) (*datum, *failure) {
	r := v.state.resource
	s.schedule(v, c)
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	submitted := make(chan any)
	returned := make(chan answer, 1)
	task := s.newTask(v, c)
	task.Submitted = func(output any) {
		select {
		case submitted <- output:
		case <-ctx.Done():
		}
	}
	s.add(Event{Type: r.event("Started"), State: v.state.name, Resource: r.action, ResourceType: r.service})
	go func() {
		output, err := s.run.in.Tasks.Run(ctx, task)
		returned <- answer{output, err}
	}()
	a, failed := s.answer(v, c, submitted, returned)
	switch {
	case failed == nil:
		return s.succeeded(v, a)
	case failed.stopped:
		return nil, failed
	case failed.name == errTimeout:
		return nil, s.taskFailed(v, "TimedOut", failed)
	}
	return nil, s.taskFailed(v, "Failed", failed)
}

// answer waits until the task succeeds, fails, misses a limit or is stopped.
func (s *strand) answer(v *visit, c *call, submitted <-chan any, returned <-chan answer) (any, *failure) {
	clock := s.run.in.clock()
	limit := newTimer(clock, c.timeout)
	defer limit.stop()
	var answers <-chan answer
	var beats <-chan struct{}
	heartbeat := newTimer(clock, 0)
	if c.waiter != nil {
		beats, heartbeat = c.waiter.beats, newTimer(clock, c.heartbeat)
	}
	defer func() { heartbeat.stop() }()
	noted := false
	note := func(output any) {
		noted = true
		s.submitted(v, output)
	}
	for {
		select {
		case output := <-submitted:
			note(output)
		case a := <-returned:
			if a.err != nil {
				return nil, s.unlessStopped(failureOf(a.err))
			}
			if c.waiter == nil {
				return a.output, nil
			}
			if !noted {
				note(a.output)
			}
			answers = c.waiter.answers // not before: the history has TaskSubmitted first
		case a := <-answers:
			if a.err != nil {
				return nil, failureOf(a.err)
			}
			return a.output, nil
		case <-beats:
			heartbeat.stop()
			heartbeat = newTimer(clock, c.heartbeat)
		case <-heartbeat.fired:
			return nil, &failure{name: errTimeout, heartbeat: true}
		case <-limit.fired:
			return nil, &failure{name: errTimeout}
		case <-s.ctx.Done():
			return nil, stopped
		}
	}
}

// unlessStopped prefers the stop, if a task fails because of it.
func (s *strand) unlessStopped(f *failure) *failure {
	if s.ctx.Err() != nil {
		return stopped
	}
	return f
}
