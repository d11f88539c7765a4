package s3copy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	// maxFailures is how often a request may fail for a reason that passes, throttling apart.
	maxFailures = 6
	// patience is how long one request may take, apart from the bytes that it moves.
	patience = 90 * time.Second
	// slowest is what S3 moves at least, in bytes a second.
	slowest = 10 << 20
	// longestBackOff bounds the wait between two attempts.
	longestBackOff = 5 * time.Second
)

// errStopped ends work that the deadline leaves no time for. Where a call cannot say so in its result, it is an error that may pass.
var errStopped = fmt.Errorf("stopped in time: %w", context.DeadlineExceeded)

// session is one call of a Copier: it ends in time before the caller's deadline.
type session struct {
	*Copier
	hard context.Context // ends requests in flight
	soft context.Context // ends starting new ones
	fail context.CancelCauseFunc
	end  context.CancelFunc
}

func (c *Copier) session(ctx context.Context) *session {
	s := &session{Copier: c}
	var cancels []context.CancelFunc
	s.hard, s.fail = context.WithCancelCause(ctx)
	s.soft = s.hard
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		s.hard, cancel = context.WithDeadlineCause(s.hard, deadline.Add(-c.options.Margin/2), errStopped)
		cancels = append(cancels, cancel)
		s.soft, cancel = context.WithDeadlineCause(s.hard, deadline.Add(-c.options.Margin), errStopped)
		cancels = append(cancels, cancel)
	}
	s.end = func() {
		for _, cancel := range cancels {
			cancel()
		}
		s.fail(nil)
	}
	return s
}

// cause returns why the session ended: errStopped, the error that failed it, or the caller's own cancellation.
func (s *session) cause() error { return context.Cause(s.soft) }

// load says what a request asks of S3.
type load struct {
	bytes int64 // to be moved before the answer
	paces bool  // its latency can be compared with that of other small copies
	// settles keeps the request from being cut off when something else fails: nobody would know then whether S3 will
	// still carry it out, and the upload that it begins or adds to could not be aborted for good.
	settles bool
}

// do sends one request in a slot of its own, until it succeeds or fails for good.
func (s *session) do(l load, call func(context.Context) error) error {
	if s.pace.acquire(s.soft) != nil {
		return s.cause()
	}
	defer s.pace.release()
	return s.attempt(l, call)
}

// attempt is do in a slot that the caller holds. A throttled request is sent again until the deadline:
// it waits in its slot, so that throttling slows everything down.
func (s *session) attempt(l load, call func(context.Context) error) error {
	failures := 0
	for try := 0; ; try++ {
		began := time.Now()
		err := s.once(l, call)
		if err == nil {
			if l.paces {
				s.pace.answered(time.Since(began))
			}
			return nil
		}
		switch {
		case s.hard.Err() != nil:
			return context.Cause(s.hard)
		case throttled(err):
			s.pace.slowDown()
		case !passing(err):
			return err
		default:
			if failures++; failures == maxFailures {
				return err
			}
		}
		if !s.backOff(try) {
			return s.cause()
		}
	}
}

func (s *session) once(l load, call func(context.Context) error) error {
	ctx := s.hard
	if deadline, ok := ctx.Deadline(); l.settles {
		ctx = context.WithoutCancel(ctx)
		if ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, deadline)
			defer cancel()
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience+time.Duration(l.bytes/slowest)*time.Second)
	defer cancel()
	return call(ctx)
}

// backOff waits between attempts. It returns false when the session has to stop.
func (s *session) backOff(try int) bool {
	longest := min(longestBackOff, 100*time.Millisecond<<min(try, 10))
	timer := time.NewTimer(longest/2 + rand.N(longest/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return s.soft.Err() == nil
	case <-s.soft.Done():
		return false
	}
}

// singly turns the SDK's own retries off: they give up after a few, and know nothing of the pace.
func singly(o *s3.Options) { o.Retryer = aws.NopRetryer{} }

// throttled reports whether S3 asks for fewer requests.
func throttled(err error) bool {
	_, known := retry.DefaultThrottleErrorCodes[code(err)]
	return known || status(err) == http.StatusServiceUnavailable || status(err) == http.StatusTooManyRequests
}

// passing reports whether the same request may succeed if it is sent again.
func passing(err error) bool {
	switch code(err) {
	case "InternalError", "RequestTimeout", "OperationAborted", "ConditionalRequestConflict":
		return true
	}
	var network net.Error
	var sent *smithyhttp.RequestSendError
	var response *smithy.DeserializationError
	return status(err) >= http.StatusInternalServerError || errors.As(err, &network) || errors.As(err, &sent) || errors.As(err, &response) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, context.DeadlineExceeded)
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func status(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}
