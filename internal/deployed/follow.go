package deployed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

// Follower follows executions, and those that they start.
type Follower struct {
	Executions readsHistory
	Show       func(Line)
	Now        func() time.Time
	// Wait returns when so much time has passed, or with the context's error.
	Wait func(context.Context, time.Duration) error
	// Every is the pause between looks.
	Every time.Duration
}

// patience is how long calls may fail, one after the other, until following is given up. The execution does not mind.
const patience = 10 * time.Minute

// Follow shows an execution from its beginning and returns how it ended. Calls that are throttled, or that do not
// get through, are made again. Its error never means that the execution has stopped.
func (f Follower) Follow(ctx context.Context, arn string) (End, error) {
	stories := []*story{f.story(arn, 0)}
	defer func() { f.show(stories) }()
	var since time.Time // when calls began to fail
	for {
		var through bool
		var err error
		stories, through, err = f.look(ctx, stories)
		switch {
		case err == nil: // else something may be missing that comes before what is known
			f.show(stories)
			since = time.Time{}
		case through || since.IsZero():
			since = f.Now()
		}
		lost := err != nil && (!passing(err) || f.Now().Sub(since) > patience)
		switch end := stories[0].teller.end; {
		case end != nil && (err == nil || lost):
			end.ARN, end.Run = arn, stories[0].teller.run
			return *end, nil
		case ctx.Err() != nil:
			return End{}, ctx.Err()
		case lost && passing(err):
			return End{}, fmt.Errorf("given up after %s: %w", patience, err)
		case lost:
			return End{}, err
		}
		if err := f.Wait(ctx, f.Every); err != nil {
			return End{}, err
		}
	}
}

// passing reports whether the same call may succeed later. A new execution is not known everywhere at once.
func passing(err error) bool {
	var unknown *types.ExecutionDoesNotExist
	return errors.As(err, &unknown) || lambdarun.Named(err).Type == string(fault.Unavailable)
}

// story is one execution that is followed.
type story struct {
	history history
	teller  *teller
}

func (f Follower) story(arn string, depth int) *story {
	return &story{history{client: f.Executions, arn: arn}, newTeller(arn, depth)}
}

// look reads what is new of every execution. Executions that were found on the way are appended.
// through reports whether any call got through.
func (f Follower) look(ctx context.Context, stories []*story) (_ []*story, through bool, err error) {
	for i := 0; i < len(stories) && err == nil; i++ {
		s := stories[i]
		if s.teller.end != nil {
			continue
		}
		var events []types.HistoryEvent
		events, err = s.history.next(ctx)
		var unknown *types.ExecutionDoesNotExist
		if i > 0 && errors.As(err, &unknown) { // it was about to be started
			err = nil
		}
		through = through || err == nil
		for _, e := range events {
			s.teller.tell(e)
			if child := s.teller.child; child != "" && !slices.ContainsFunc(stories, func(s *story) bool { return s.history.arn == child }) {
				stories = append(stories, f.story(child, s.teller.depth+1))
			}
		}
	}
	return stories, through, err
}

// show shows what there is to tell, by time.
func (f Follower) show(stories []*story) {
	var lines []Line
	for _, s := range stories {
		lines = append(lines, s.teller.lines...)
		s.teller.lines = nil
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return a.At.Compare(b.At) })
	for _, l := range lines {
		f.Show(l)
	}
}
