package asl

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync"
	"time"
)

// An Interpreter executes machines. Its fields are set before the first execution; then any number may run at once.
type Interpreter struct {
	Tasks Tasks // what Task states call

	Clock  Clock          // nil: RealClock
	Random func() float64 // 0 <= n < 1, for jitter and $random; nil: math/rand. Called by several goroutines
	UUID   func() string  // for $uuid; nil: random. Called by several goroutines
	Token  func() string  // task tokens; nil: random. Called by several goroutines

	// OnEvent is told every event of every execution, one at a time for each execution, before the execution goes
	// on. It must not wait for the execution.
	OnEvent func(Event)
	// OnEvaluate is told every evaluation: the expression's text, the variables it could see, and the result
	// (nil is undefined). The values are those of package jsonata and must not be changed. Several goroutines call it.
	OnEvaluate func(expr string, bindings map[string]any, result any, err error)

	mu      sync.Mutex
	waiting map[string]*waiter // task tokens that something waits for
	spent   map[string]bool    // task tokens that nothing waits for any more
}

// Tasks performs what Task states ask for. Run is called in a goroutine of its own for each attempt. Its context
// ends when nobody waits for the answer any more: after a timeout, or when the execution or the branch is stopped.
//
// The output may be anything that encoding/json writes. An error is States.TaskFailed unless an Error is in it.
// For .waitForTaskToken, Run only submits the task: its output is recorded, and the token's owner gives the answer.
// For .sync, Run calls Submitted once the job has begun, and returns when it has ended.
type Tasks interface {
	Run(ctx context.Context, t Task) (output any, err error)
}

// A Task is one attempt of a Task state.
type Task struct {
	Resource      string // the state's Resource
	State         string
	ExecutionName string
	ExecutionID   string
	Token         string          // for .waitForTaskToken
	Arguments     any             // plain Go: nil, bool, float64, string, []any, map[string]any
	Payload       json.RawMessage // Arguments as text, keys in their order
	Credentials   any
	Attempt       int           // 0 is the first, counted over one visit of the state
	Timeout       time.Duration // 0 is none
	Submitted     func(output any)
}

// ExecutionOptions tell what an execution is called and what it works on.
type ExecutionOptions struct {
	Name            string
	ID              string // ARN
	RoleARN         string
	StateMachine    string // name; empty: the Machine's
	StateMachineARN string
	Input           json.RawMessage // empty: {}
}

// Status is how an execution ended.
type Status string

// The ways an execution ends.
const (
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Aborted   Status = "ABORTED"
)

// A Result is an ended execution.
type Result struct {
	Status Status
	Output json.RawMessage // of SUCCEEDED
	Error  string          // of the others; may be empty
	Cause  string
	Events []Event
}

// Execute runs a machine to its end. If ctx ends before, the execution is ABORTED without any Catch, with the Error
// of ctx's cause if there is one. Input that is no JSON or too large fails before the first event, as StartExecution would.
func (in *Interpreter) Execute(ctx context.Context, m *Machine, o ExecutionOptions) *Result {
	if len(o.Input) == 0 {
		o.Input = json.RawMessage("{}")
	}
	if o.StateMachine == "" {
		o.StateMachine = m.Name
	}
	input, err := readDatum(o.Input)
	if err != nil {
		return &Result{Status: Failed, Error: "InvalidExecutionInput", Cause: err.Error()}
	}
	if len(o.Input) > maxPayload {
		return &Result{Status: Failed, Error: "InvalidExecutionInput", Cause: "the input is over 256 KiB"}
	}
	return in.execute(ctx, m.graph, m.timeout, o, input)
}

// An Execution runs in the background.
type Execution struct {
	done   chan struct{}
	result *Result
	cancel context.CancelCauseFunc
}

// Start is Execute in a goroutine of its own.
func (in *Interpreter) Start(ctx context.Context, m *Machine, o ExecutionOptions) *Execution {
	ctx, cancel := context.WithCancelCause(ctx)
	x := &Execution{done: make(chan struct{}), cancel: cancel}
	go func() {
		defer cancel(nil)
		x.result = in.Execute(ctx, m, o)
		close(x.done)
	}()
	return x
}

// Stop aborts the execution, as StopExecution does. Wait returns once it has ended.
func (x *Execution) Stop(name, cause string) { x.cancel(&Error{Name: name, Cause: cause}) }

// Done is closed when the execution has ended.
func (x *Execution) Done() <-chan struct{} { return x.done }

// Wait waits for the end.
func (x *Execution) Wait() *Result {
	<-x.done
	return x.result
}

func (in *Interpreter) clock() Clock {
	if in.Clock == nil {
		return RealClock{}
	}
	return in.Clock
}

func (in *Interpreter) random() float64 {
	if in.Random == nil {
		return rand.Float64()
	}
	return in.Random()
}
