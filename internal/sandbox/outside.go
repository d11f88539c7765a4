package sandbox

// outside runs work in goroutines that exist since the account was started.
//
// A test runs the interpreter inside a testing/synctest bubble, where time stands still while a goroutine waits for
// something from outside the bubble. Functions use sockets, which no bubble may hold open, so they run out here:
// a function takes no virtual time, and the clock moves on only when every state machine waits.
type outside struct {
	idle chan *worker
}

type worker struct {
	work chan func()
	done chan struct{}
}

func newOutside(workers int) *outside {
	o := &outside{idle: make(chan *worker, workers)}
	for range workers {
		w := &worker{work: make(chan func()), done: make(chan struct{})}
		go w.run()
		o.idle <- w
	}
	return o
}

func (w *worker) run() {
	for work := range w.work {
		work()
		w.done <- struct{}{}
	}
}

// do runs work out there and waits for it.
func (o *outside) do(work func()) {
	w := <-o.idle
	w.work <- work
	<-w.done
	o.idle <- w
}

// close ends the workers; none may be at work.
func (o *outside) close() {
	for range cap(o.idle) {
		close((<-o.idle).work)
	}
}
