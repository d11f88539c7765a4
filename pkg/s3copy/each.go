package s3copy

import (
	"errors"
	"sync"
)

// each calls do for 0 to n-1, as many at once as requests may be in flight, and returns when all calls have: with
// the error that ended the session, if any.
func (s *session) each(n int, do func(int) error) error {
	slots := make(chan struct{}, s.options.MaxInFlight)
	var running sync.WaitGroup
	for i := range n {
		select {
		case slots <- struct{}{}:
		case <-s.soft.Done():
		}
		if s.soft.Err() != nil {
			break
		}
		running.Go(func() {
			defer func() { <-slots }()
			s.failed(do(i))
		})
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
