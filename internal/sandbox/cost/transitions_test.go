package cost

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

// failing fails the first calls with the error A, then succeeds.
type failing struct{ left atomic.Int64 }

func (f *failing) Run(context.Context, asl.Task) (any, error) {
	if f.left.Add(-1) >= 0 {
		return nil, &asl.Error{Name: "A"}
	}
	return "done", nil
}

func TestTransitions(t *testing.T) {
	t.Parallel()
	const task = `"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":9`
	tests := []struct {
		name, states string // the first state is called S
		failures     int64
		want         map[string]int
	}{
		{"each state once", `"S":{"Type":"Pass","Next":"C"},"C":{"Type":"Choice","Choices":[{"Condition":true,"Next":"E"}]},"E":{"Type":"Succeed"}`, 0,
			map[string]int{"Pass states": 1, "Choice states": 1, "Succeed states": 1}},
		{"a state that is entered again is no retry", `"S":{` + task + `,"Next":"C","Assign":{"again":"{% $states.context.State.Name = 'S' and $not($exists($again)) %}"}},
			"C":{"Type":"Choice","Choices":[{"Condition":"{% $again %}","Next":"S"}],"Default":"E"},"E":{"Type":"Succeed"}`, 0,
			map[string]int{"Task states": 2, "Choice states": 2, "Succeed states": 1}},
		{"a task that is tried three times", `"S":{` + task + `,"Retry":[{"ErrorEquals":["A"]}],"End":true}`, 2, map[string]int{"Task states": 1, Retries: 2}},
		{"a function's ARN", `"S":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:111122223333:function:f","TimeoutSeconds":9,"Retry":[{"ErrorEquals":["A"]}],"End":true}`, 1,
			map[string]int{"Task states": 1, Retries: 1}},
		{"a failure that is caught", `"S":{` + task + `,"Catch":[{"ErrorEquals":["A"],"Next":"E"}],"End":true},"E":{"Type":"Fail"}`, 1,
			map[string]int{"Task states": 1, "Fail states": 1}},
		{"a Map that is tried again", `"S":{"Type":"Map","Items":[1,2],"MaxConcurrency":1,"Retry":[{"ErrorEquals":["A"]}],"End":true,
			"ItemProcessor":{"StartAt":"T","States":{"T":{` + task + `,"End":true}}}}`, 1, map[string]int{"Map states": 1, "Task states": 3, Retries: 1}},
		{"a Parallel whose branch is a Fail", `"S":{"Type":"Parallel","Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":1}],"End":true,
			"Branches":[{"StartAt":"F","States":{"F":{"Type":"Fail"}}}]}`, 0, map[string]int{"Parallel states": 1, "Fail states": 2, Retries: 1}},
		{"arguments that fail the first time", `"S":{` + task + `,"Arguments":"{% $states.context.State.RetryCount = 0 ? $error('no') : 1 %}",
			"Retry":[{"ErrorEquals":["States.QueryEvaluationError"]}],"End":true}`, 0, map[string]int{"Task states": 1, Retries: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			events := history(t, tt.states, tt.failures)
			if diff := cmp.Diff(tt.want, Transitions(events)); diff != "" {
				t.Error(diff)
			}
			twice := map[string]int{}
			for what, n := range tt.want {
				twice[what] = 2 * n
			}
			if diff := cmp.Diff(twice, Transitions(events, events)); diff != "" {
				t.Errorf("two executions: %s", diff)
			}
		})
	}
}

func history(t *testing.T, states string, failures int64) (events []asl.Event) {
	t.Helper()
	machine, err := asl.Parse("test", []byte(`{"QueryLanguage":"JSONata","StartAt":"S","States":{`+states+`}}`))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) { // retries wait
		tasks := &failing{}
		tasks.left.Store(failures)
		events = (&asl.Interpreter{Tasks: tasks}).Execute(t.Context(), machine, asl.ExecutionOptions{Name: "e", ID: "arn:e", Input: []byte(`{}`)}).Events
	})
	return events
}
