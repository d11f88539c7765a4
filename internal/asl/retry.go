package asl

import (
	"math"
	"time"
)

// retry finds the retrier for a failure and counts the attempt in used, which holds a number for each retrier
// of the visit. It returns how long to wait, and whether to try again at all.
func (in *Interpreter) retry(retriers []retrier, used []int, failed *failure) (time.Duration, bool) {
	for i, r := range retriers {
		if !failed.matchedBy(r.errorEquals) {
			continue
		}
		if used[i] >= r.attempts {
			return 0, false
		}
		used[i]++
		return r.delay(used[i], in.random), true
	}
	return 0, false
}

// delay is the wait before the n-th retry, from 1. With JitterStrategy FULL it lies anywhere between 0 and that.
func (r retrier) delay(n int, random func() float64) time.Duration {
	seconds := r.interval * math.Pow(r.rate, float64(n-1))
	if r.maxDelay > 0 {
		seconds = min(seconds, r.maxDelay)
	}
	if r.jitter {
		seconds *= random()
	}
	const most = math.MaxInt64 / float64(time.Second) / 2 // 146 years
	return time.Duration(min(seconds, most) * float64(time.Second))
}
