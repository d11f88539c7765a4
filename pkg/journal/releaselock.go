package journal

import (
	"context"
	"fmt"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

// The outcomes after which nothing is left to undo.
const (
	Succeeded   = "succeeded"
	FailedClean = "failed-clean"
)

// ReleaseLock ends a run and frees the environment for the next one.
type ReleaseLock struct {
	Store *Store
}

// ReleaseLockInput says who releases the lock of which run, and how the run ended.
type ReleaseLockInput struct {
	Owner string `json:"owner"`
	Run   string `json:"run"`
	// Outcome is Succeeded, FailedClean, or another text, after which what the journal holds open stays open.
	Outcome string `json:"outcome"`
	// Force releases the run's lock though Owner does not hold it, or though something is left.
	// It never touches the lock of a run other than Run.
	Force bool `json:"force,omitempty"`
}

// Validate implements lambdarun.Validator.
func (in ReleaseLockInput) Validate() error {
	switch {
	case in.Owner == "" || len(in.Owner) > maxOwner:
		return fmt.Errorf("owner: expected the execution's ARN or a name, at most %d bytes", maxOwner)
	case in.Outcome == "" || len(in.Outcome) > maxReason:
		return fmt.Errorf("outcome: expected %q, %q or another text, at most %d bytes", Succeeded, FailedClean, maxReason)
	}
	return ValidRun(in.Run)
}

// ReleaseLockOutput says whether this call freed the environment, and if not, why.
type ReleaseLockOutput struct {
	Released bool   `json:"released"`
	Why      string `json:"why,omitempty"`
}

// Run marks the run as ended and deletes its lock. A lock that is gone, or is another run's, is no error:
// it is left alone. While something is left behind the lock stays, so that the next run stops and says what it is;
// once all of it is undone, that run takes the lock over.
func (v ReleaseLock) Run(ctx context.Context, in ReleaseLockInput) (ReleaseLockOutput, error) {
	var there lock
	etag, err := v.Store.read(ctx, lockKey, &there)
	if err != nil {
		return ReleaseLockOutput{}, fmt.Errorf("release the lock of run %s: %w", in.Run, err)
	}
	if nested := etag != "" && there.Run == in.Run && there.Owner != in.Owner; nested && !in.Force {
		return ReleaseLockOutput{Why: fmt.Sprintf("run %s goes on: %s holds its lock, not %s", in.Run, there.Owner, in.Owner)}, nil
	}
	remaining, err := v.end(ctx, in)
	if err != nil {
		return ReleaseLockOutput{}, fmt.Errorf("end run %s: %w", in.Run, err)
	}
	switch {
	case etag == "":
		return ReleaseLockOutput{Why: "there is no lock"}, nil
	case there.Run != in.Run:
		return ReleaseLockOutput{Why: fmt.Sprintf("the lock is that of run %s (%s)", there.Run, there.Owner)}, nil
	case remaining > 0 && !in.Force:
		return ReleaseLockOutput{Why: fmt.Sprintf("the lock stays: %d things are left behind; list-left says what to do about each", remaining)}, nil
	}
	return v.free(ctx, etag)
}

// end marks the run as ended, closes what needs no undoing, and counts what is left.
func (v ReleaseLock) end(ctx context.Context, in ReleaseLockInput) (remaining int, err error) {
	mark := finished{Run: in.Run, Outcome: in.Outcome, By: in.Owner, At: v.Store.moment()}
	if err := v.Store.put(ctx, finishedKey(in.Run), mark); err != nil {
		return 0, err
	}
	open, err := v.Store.Open(ctx, in.Run)
	if err != nil {
		return 0, err
	}
	if in.Outcome != Succeeded && in.Outcome != FailedClean {
		return len(open), nil
	}
	for _, e := range open {
		if err := v.Store.Close(ctx, in.Run, e.Step); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// free deletes the lock that was seen. When the call is refused, the lock may have been deleted by this very call
// in an attempt whose answer was lost, or by a person: what counts is whether it is gone.
func (v ReleaseLock) free(ctx context.Context, etag string) (ReleaseLockOutput, error) {
	removed, err := v.Store.remove(ctx, lockKey, etag)
	if err != nil {
		return ReleaseLockOutput{}, err
	}
	if removed {
		return ReleaseLockOutput{Released: true}, nil
	}
	var now lock
	tag, err := v.Store.read(ctx, lockKey, &now)
	switch {
	case err != nil:
		return ReleaseLockOutput{}, err
	case tag == etag:
		return ReleaseLockOutput{}, fault.New(fault.Unavailable, "the lock of run %s could not be deleted; try again", now.Run)
	default:
		return ReleaseLockOutput{Released: true}, nil
	}
}
