package journal

import (
	"context"
	"fmt"

	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

// WatchLock looks at the environment's lock, so that one which is held too long is noticed. It changes nothing.
type WatchLock struct {
	Store *Store
}

// WatchLockInput is empty.
type WatchLockInput struct{}

// Validate implements lambdarun.Validator.
func (WatchLockInput) Validate() error { return nil }

// WatchLockOutput says who holds the lock, and since when.
type WatchLockOutput struct {
	Held       bool   `json:"held"`
	Run        string `json:"run,omitempty"`
	Owner      string `json:"owner,omitempty"`
	AgeSeconds int    `json:"ageSeconds"` // since it was taken; 0 when it is free
	Expired    bool   `json:"expired"`
}

// Metrics implements lambdarun.Measured.
func (o WatchLockOutput) Metrics() []lambdarun.Metric {
	return []lambdarun.Metric{{Name: "LockAgeSeconds", Unit: lambdarun.Seconds, Value: float64(o.AgeSeconds)}}
}

// Run answers watch-lock.
func (v WatchLock) Run(ctx context.Context, _ WatchLockInput) (WatchLockOutput, error) {
	var there lock
	etag, err := v.Store.read(ctx, lockKey, &there)
	if err != nil {
		return WatchLockOutput{}, fmt.Errorf("watch the lock: %w", err)
	}
	if etag == "" {
		return WatchLockOutput{}, nil
	}
	now := v.Store.Now()
	return WatchLockOutput{
		Held: true, Run: there.Run, Owner: there.Owner,
		AgeSeconds: max(0, int(now.Sub(there.AcquiredAt).Seconds())), // clocks of two functions may differ a little
		Expired:    !now.Before(there.ExpiresAt),
	}, nil
}
