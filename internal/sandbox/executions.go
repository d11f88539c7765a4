package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

// Execution is one execution of a state machine.
type Execution struct {
	Name    string
	ARN     string
	Machine string // its name
	Input   json.RawMessage
	Started time.Time

	interpreter *asl.Interpreter
	run         *asl.Execution
	done        chan struct{}

	mu      sync.Mutex
	stopped time.Time
	result  *asl.Result // nil while it runs
	events  []asl.Event
}

// Status is RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
func (e *Execution) Status() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.result == nil {
		return "RUNNING"
	}
	return string(e.result.Status)
}

// Result returns how the execution ended, or nil while it runs.
func (e *Execution) Result() *asl.Result {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.result
}

// Events returns the history so far.
func (e *Execution) Events() []asl.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.events)
}

// Wait waits for the end.
func (e *Execution) Wait() *asl.Result {
	<-e.done
	return e.Result()
}

// Stop aborts the execution, as StopExecution does: no Catch runs, and functions that are at work go on.
func (e *Execution) Stop(errorName, cause string) { e.run.Stop(errorName, cause) }

var executionName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,80}$`)

// StartExecution starts a machine, named or by ARN. It is idempotent as the service is: the same name and input
// while the execution runs give the same execution; afterwards, or with another input, the name is taken.
func (a *Account) StartExecution(machine, name string, input []byte) (*Execution, error) {
	machine = machine[strings.LastIndex(machine, ":")+1:]
	definition, ok := a.machines[machine]
	if !ok {
		return nil, &apiError{Code: "StateMachineDoesNotExist", Message: "State Machine Does Not Exist: '" + machineARN(machine) + "'"}
	}
	if name == "" {
		name = uuid.NewString()
	}
	if !executionName.MatchString(name) {
		return nil, &apiError{Code: "InvalidName", Message: "Invalid Name: '" + name + "'"}
	}
	if len(input) == 0 {
		input = []byte("{}")
	}
	if !json.Valid(input) || len(input) > 256<<10 {
		return nil, &apiError{Code: "InvalidExecutionInput", Message: "Invalid State Machine Execution Input: expected JSON of at most 256 KiB"}
	}
	arn := executionARN(machine, name)
	a.mu.Lock()
	defer a.mu.Unlock()
	if e, taken := a.executions[arn]; taken {
		if e.Status() == "RUNNING" && bytes.Equal(e.Input, input) {
			return e, nil
		}
		return nil, &apiError{Code: "ExecutionAlreadyExists", Message: "Execution Already Exists: '" + arn + "'"}
	}
	e := &Execution{Name: name, ARN: arn, Machine: machine, Input: input, Started: a.clock.Now(), done: make(chan struct{})}
	e.interpreter = &asl.Interpreter{
		Clock: a.clock, Tasks: a, Random: a.random, OnEvaluate: a.options.OnEvaluate,
		OnEvent: func(event asl.Event) { a.record(e, event) },
	}
	a.executions[arn] = e
	a.order = append(a.order, e)
	a.traces(machine)
	a.statusChanged(e, nil)
	e.run = e.interpreter.Start(context.Background(), definition, asl.ExecutionOptions{
		Name: name, ID: arn, RoleARN: "arn:aws:iam::" + AccountID + ":role/dbops", StateMachine: machine, StateMachineARN: machineARN(machine), Input: input,
	})
	go a.end(e)
	return e, nil
}

// end notes the result.
func (a *Account) end(e *Execution) {
	result := e.run.Wait()
	e.mu.Lock()
	e.result, e.stopped = result, a.clock.Now()
	e.mu.Unlock()
	a.statusChanged(e, result)
	close(e.done)
}

// random is the chance of jitter and $random, the same for the same seed.
func (a *Account) random() float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.rng.Float64()
}

func (a *Account) record(e *Execution, event asl.Event) {
	a.pushTime()
	e.mu.Lock()
	e.events = append(e.events, event)
	e.mu.Unlock()
	if a.options.OnEvent != nil {
		a.options.OnEvent(e, event)
	}
}

// Executions lists all executions, oldest first.
func (a *Account) Executions() []*Execution {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.order)
}

// Execution finds an execution by its ARN.
func (a *Account) Execution(arn string) (*Execution, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e, ok := a.executions[arn]; ok {
		return e, nil
	}
	return nil, &apiError{Code: "ExecutionDoesNotExist", Message: "Execution Does Not Exist: '" + arn + "'"}
}

func machineARN(name string) string {
	return fmt.Sprintf("arn:aws:states:%s:%s:stateMachine:%s", AWSRegion, AccountID, name)
}

func executionARN(machine, name string) string {
	return fmt.Sprintf("arn:aws:states:%s:%s:execution:%s:%s", AWSRegion, AccountID, machine, name)
}
