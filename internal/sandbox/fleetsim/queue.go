package fleetsim

import (
	"container/heap"
	"time"
)

// event is something that happens at a time; seq keeps events of the same time in the order they were planned.
type event struct {
	due time.Time
	seq int
	run func()
}

type queue []event

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].due.Equal(q[j].due) {
		return q[i].seq < q[j].seq
	}
	return q[i].due.Before(q[j].due)
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(event)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last] = event{}
	*q = (*q)[:last]
	return e
}

// after plans run for a time d from now.
func (w *World) after(d time.Duration, run func()) {
	w.seq++
	heap.Push(&w.queue, event{due: w.now.Add(max(d, 0)), seq: w.seq, run: run})
}

// about is d, give or take a share of it.
func (w *World) about(d time.Duration, share float64) time.Duration {
	return time.Duration(float64(d) * (1 + share*(2*w.rng.Float64()-1)))
}

// between is evenly spread over [low, high).
func (w *World) between(low, high time.Duration) time.Duration {
	return low + time.Duration(w.rng.Float64()*float64(high-low))
}
