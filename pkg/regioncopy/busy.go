package regioncopy

import (
	"context"
	"time"
)

// longest is how long a function may run (Lambda).
const longest = 15 * time.Minute

// busy says until when a call that overwrites may be writing; zero after it has returned.
// A call whose execution was aborted, or whose answer was lost, runs on until its deadline, and nobody hears of it.
type busy struct {
	Until time.Time `json:"until"`
}

// beBusy records that this call is about to write. end records that it has returned.
//
// An earlier call may be writing still, as when this one is its repetition: then end leaves the record as that one made it.
// It leaves it as it is, too, when a later call has written it meanwhile, or when S3 does not answer: restoring then waits longer.
func (r records) beBusy(ctx context.Context, now time.Time) (end func(), err error) {
	var earlier busy
	if _, err := r.read(ctx, busyName, &earlier); err != nil {
		return nil, err
	}
	if !earlier.Until.After(now) {
		earlier = busy{}
	}
	left := longest
	if deadline, ok := ctx.Deadline(); ok {
		left = time.Until(deadline)
	}
	etag, err := r.state.Put(ctx, r.prefix+busyName, busy{now.Add(left).UTC()})
	if err != nil {
		return nil, err
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_, _ = r.state.Replace(ctx, r.prefix+busyName, etag, earlier)
	}, nil
}
