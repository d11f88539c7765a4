package journal

import (
	"fmt"
	"regexp"
	"time"
)

// lock is the environment's lock as it is stored.
type lock struct {
	// Owner is who holds it: the ARN of the execution that took it, or a person's name.
	Owner      string    `json:"owner"`
	Run        string    `json:"run"`
	Reason     string    `json:"reason"`
	AcquiredAt time.Time `json:"acquiredAt"`
	ExpiresAt  time.Time `json:"expiresAt"`
	// TookOver is the owner before, if the lock was not free. It is kept so that a repeated call answers the same.
	TookOver string `json:"tookOver,omitempty"`
}

// ownerState is what is known about a lock's owner.
type ownerState string

const (
	ownerRunning ownerState = "running" // or in any state that is not surely over
	ownerOver    ownerState = "over"    // succeeded, failed, was aborted or timed out
	ownerUnknown ownerState = "unknown" // a person, or an execution that Step Functions does not know
)

// verdict is what to do about a lock that is there.
type verdict string

const (
	held     verdict = "held"      // it is this owner's already
	heldByUs verdict = "held-run"  // the parent holds it for the same run: a nested execution goes on under it
	renew    verdict = "renew"     // it is this owner's, and has expired: write a new expiry
	takeOver verdict = "take-over" // its owner is gone; allowed if that run left nothing behind
	locked   verdict = "locked"    // someone else is at work
)

// decide says what to do about the lock that is there. The owner's state matters only where ask says so.
// The expiry frees only a lock whose owner cannot be asked: an execution that runs longer than it expected still works.
func decide(there lock, owner, parent, run string, state ownerState, now time.Time) verdict {
	expired := !now.Before(there.ExpiresAt)
	gone := state == ownerOver || state == ownerUnknown && expired
	switch {
	case there.Owner == owner && there.Run == run && expired && state != ownerRunning:
		return renew
	case there.Owner == owner && there.Run == run:
		return held
	case gone:
		return takeOver
	case there.Run == run && there.Owner == parent:
		return heldByUs
	default:
		return locked
	}
}

// execution matches the ARN of an execution of a standard state machine.
var execution = regexp.MustCompile(`^arn:aws[a-z-]*:states:[a-z0-9-]+:[0-9]{12}:execution:[^:]+:[^:]+$`)

// advice says what an operator can do about a lock that is held.
func (l lock) advice(region string, state ownerState, lockURI string) string {
	if state == ownerRunning {
		return fmt.Sprintf("its execution is at work. Wait for its end, or look at it: "+
			"aws stepfunctions describe-execution --profile district-builder --region %s --execution-arn %s", region, quote(l.Owner))
	}
	return fmt.Sprintf("wait for its end or its expiry, or ask %s. If nobody is at work, release it: "+
		"release-lock with owner %q, run %q, an outcome and force (it is %s)", l.Owner, l.Owner, l.Run, lockURI)
}
