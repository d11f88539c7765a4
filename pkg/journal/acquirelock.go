package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

// executions is the Step Functions call that tells whether a lock's owner is at work.
type executions interface {
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
}

// AcquireLock takes the environment's lock, so that one run at a time changes the environment.
type AcquireLock struct {
	Store       *Store
	Executions  executions
	Environment string
	Functions   Functions
}

// AcquireLockInput says who wants the lock, and why.
type AcquireLockInput struct {
	// Owner is the ARN of the execution, or a person's name.
	Owner string `json:"owner"`
	Run   string `json:"run"`
	// Parent is the owner under whose lock a nested execution works. It is absent otherwise: the run's name alone proves
	// nothing, since executions of different machines may have the same.
	Parent string `json:"parent,omitempty"`
	Reason string `json:"reason"`
	// Minutes until the lock expires, 1 to 10080; 360 if absent.
	Minutes int `json:"minutes,omitempty"`
}

const (
	defaultMinutes = 6 * 60
	maxMinutes     = 7 * 24 * 60
	maxOwner       = 512
	maxReason      = 1024
)

// Validate implements lambdarun.Validator.
func (in AcquireLockInput) Validate() error {
	switch {
	case in.Owner == "" || len(in.Owner) > maxOwner:
		return fmt.Errorf("owner: expected the execution's ARN or a name, at most %d bytes", maxOwner)
	case in.Reason == "" || len(in.Reason) > maxReason:
		return fmt.Errorf("reason: expected a text of 1 to %d bytes that says what the run does", maxReason)
	case in.Minutes < 0 || in.Minutes > maxMinutes:
		return fmt.Errorf("minutes: %d; expected 1 to %d", in.Minutes, maxMinutes)
	}
	return ValidRun(in.Run)
}

// AcquireLockOutput says who holds the lock now.
type AcquireLockOutput struct {
	Owner string `json:"owner"`
	Run   string `json:"run"`
	// Acquired says that the lock is the caller's, to be released by it. It is false when the
	// parent holds it for the same run: a nested execution works under its parent's lock and leaves it alone.
	Acquired  bool   `json:"acquired"`
	ExpiresAt string `json:"expiresAt"`
	// TookOver is the owner whose execution had ended without releasing the lock.
	TookOver string `json:"tookOver,omitempty"`
}

func answer(l lock, acquired bool) AcquireLockOutput {
	return AcquireLockOutput{Owner: l.Owner, Run: l.Run, Acquired: acquired, ExpiresAt: stamp(l.ExpiresAt), TookOver: l.TookOver}
}

// looks bounds how often the lock may change hands under one call.
const looks = 4

// Run takes the lock if it is free, the caller's own, or its owner is gone and left nothing behind.
// Otherwise it fails with EnvironmentLocked. A repeated call gives the same answer.
func (v AcquireLock) Run(ctx context.Context, in AcquireLockInput) (AcquireLockOutput, error) {
	ended, err := v.Store.ended(ctx, in.Run)
	if err != nil {
		return AcquireLockOutput{}, err
	}
	if ended.Run != "" {
		return AcquireLockOutput{}, fault.New(fault.InvalidInput,
			"run %s ended at %s (%s); a run's name is used once: start with another", in.Run, stamp(ended.At), ended.Outcome)
	}
	wanted := v.wanted(in)
	for range looks {
		out, settled, err := v.try(ctx, wanted, in.Parent)
		if settled || err != nil {
			return out, err
		}
	}
	return AcquireLockOutput{}, fault.New(fault.Unavailable, "the lock of %s keeps changing hands; try again", v.Environment)
}

func (v AcquireLock) wanted(in AcquireLockInput) lock {
	minutes := in.Minutes
	if minutes == 0 {
		minutes = defaultMinutes
	}
	now := v.Store.moment()
	return lock{Owner: in.Owner, Run: in.Run, Reason: in.Reason, AcquiredAt: now, ExpiresAt: now.Add(time.Duration(minutes) * time.Minute)}
}

// try makes one attempt. It is not settled when the lock changed while it was looked at.
func (v AcquireLock) try(ctx context.Context, wanted lock, parent string) (out AcquireLockOutput, settled bool, err error) {
	created, err := v.Store.records.Create(ctx, lockKey, wanted)
	if err != nil {
		return out, false, fmt.Errorf("acquire the lock of %s: %w", v.Environment, err)
	}
	if created {
		return answer(wanted, true), true, nil
	}
	var there lock
	etag, err := v.Store.read(ctx, lockKey, &there)
	if err != nil || etag == "" { // released between the two calls
		return out, false, err
	}
	state, err := v.ownerState(ctx, there, wanted)
	if err != nil {
		return out, false, err
	}
	switch decide(there, wanted.Owner, parent, wanted.Run, state, v.Store.Now()) {
	case held:
		return answer(there, true), true, nil
	case heldByUs:
		return answer(there, false), true, nil
	case renew:
		wanted.TookOver = there.TookOver
		return v.swap(ctx, etag, wanted)
	case takeOver:
		if err := v.clear(ctx, there, wanted); err != nil {
			return out, false, err
		}
		wanted.TookOver = there.Owner
		return v.swap(ctx, etag, wanted)
	default:
		return out, false, v.refuse(there, state)
	}
}

// swap replaces the lock that was seen. Of two takers one is refused, and looks again.
func (v AcquireLock) swap(ctx context.Context, etag string, wanted lock) (AcquireLockOutput, bool, error) {
	replaced, err := v.Store.records.Replace(ctx, lockKey, etag, wanted)
	if err != nil {
		return AcquireLockOutput{}, false, fmt.Errorf("take the lock of %s over: %w", v.Environment, err)
	}
	return answer(wanted, true), replaced, nil
}

// ownerState asks Step Functions about the owner. A caller does not ask about itself: it runs.
func (v AcquireLock) ownerState(ctx context.Context, there, wanted lock) (ownerState, error) {
	if !execution.MatchString(there.Owner) {
		return ownerUnknown, nil
	}
	if there.Owner == wanted.Owner {
		return ownerRunning, nil
	}
	out, err := v.Executions.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &there.Owner})
	var missing *types.ExecutionDoesNotExist
	if errors.As(err, &missing) {
		return ownerUnknown, nil
	}
	if err != nil {
		return "", fmt.Errorf("see whether %s, which holds the lock of %s, is at work: %w", there.Owner, v.Environment, err)
	}
	switch out.Status {
	case types.ExecutionStatusSucceeded, types.ExecutionStatusFailed, types.ExecutionStatusAborted, types.ExecutionStatusTimedOut:
		return ownerOver, nil
	default:
		return ownerRunning, nil
	}
}

// clear makes sure that nothing is left of the run whose lock is taken over. First it ends that run,
// so that a function of it that is still at work cannot begin a further effect; then it reads the journal.
func (v AcquireLock) clear(ctx context.Context, there, wanted lock) error {
	if there.Run != wanted.Run {
		mark := finished{Run: there.Run, Outcome: "its execution ended without releasing the lock", By: wanted.Owner, At: v.Store.moment()}
		if err := v.Store.end(ctx, mark); err != nil {
			return err
		}
	}
	entries, err := v.Store.Open(ctx, there.Run)
	if err != nil {
		return fmt.Errorf("see what run %s left behind: %w", there.Run, err)
	}
	if len(entries) == 0 {
		return nil
	}
	return fault.New(fault.EnvironmentLocked,
		"%s: run %s (%s, %q) ended without putting everything back. Undo what is left, in this order, then start again:%s",
		v.Environment, there.Run, there.Owner, there.Reason, describe(v.Functions.left(entries), messageLimit))
}

// messageLimit keeps an error's message far from what Step Functions cuts off (32,768 characters).
const messageLimit = 8 << 10

func (v AcquireLock) refuse(there lock, state ownerState) error {
	return fault.New(fault.EnvironmentLocked, "%s is locked by run %s (%s): %q, since %s, until %s; %s",
		v.Environment, there.Run, there.Owner, there.Reason, stamp(there.AcquiredAt), stamp(there.ExpiresAt),
		there.advice(v.Functions.Region, state, "s3://"+v.Store.bucket+"/"+lockKey))
}
