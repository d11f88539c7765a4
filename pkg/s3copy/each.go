package s3copy

import (
	"errors"
	"sync"
	"sync/atomic"
)

// each calls do for 0 to n-1 in turn, as many at once as requests may be in flight, and returns when all calls have: with
// the error that ended the session, if any. Goroutines do many calls each: the SDK needs deep stacks, which take time to grow.
func (s *session) each(n int, do func(int) error) error {
	var next, workers atomic.Int64
	var running sync.WaitGroup
	var work func()
	hire := func() {
		if workers.Add(1) > int64(min(n, s.pace.allowed())) {
			workers.Add(-1)
			return
		}
		running.Go(work)
	}
	work = func() {
		for s.soft.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			s.failed(do(i))
			hire()
		}
	}
	for range min(n, s.pace.allowed()) {
		hire()
	}
	running.Wait()
	return s.cause()
}

// failed ends the session for an error, but not for the want of time: then what is in flight may finish.
func (s *session) failed(err error) {
	if err != nil && !errors.Is(err, errStopped) {
		s.fail(err)
	}
}
