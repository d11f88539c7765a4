package asl_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

// attempts runs a Task that always fails with the given errors in turn, and returns the seconds at which it was tried.
func attempts(t *testing.T, retry string, random float64, errors ...string) (*asl.Result, []float64) {
	t.Helper()
	var at []float64
	var result *asl.Result
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		tasks := taskFunc(func(_ context.Context, task asl.Task) (any, error) {
			if task.Attempt != len(at) {
				t.Errorf("attempt %d is called %d", len(at), task.Attempt)
			}
			at = append(at, time.Since(start).Seconds())
			return nil, &asl.Error{Name: errors[min(len(at), len(errors))-1]}
		})
		in := &asl.Interpreter{Tasks: tasks, Random: func() float64 { return random }}
		result = execute(t, in, `"T":{`+lambda+`,"TimeoutSeconds":9,"Retry":[`+retry+`],"End":true}`, `{}`)
	})
	return result, at
}

func TestRetry(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, retry string
		random      float64
		errors      []string
		want        []float64
	}{
		{"defaults", `{"ErrorEquals":["A"]}`, 0, []string{"A"}, []float64{0, 1, 3, 7}},
		{"interval and rate", `{"ErrorEquals":["A"],"IntervalSeconds":10,"BackoffRate":1.5,"MaxAttempts":2}`, 0, []string{"A"}, []float64{0, 10, 25}},
		{"never", `{"ErrorEquals":["A"],"MaxAttempts":0}`, 0, []string{"A"}, []float64{0}},
		{"MaxDelaySeconds", `{"ErrorEquals":["A"],"IntervalSeconds":2,"MaxAttempts":5,"MaxDelaySeconds":5}`, 0, []string{"A"}, []float64{0, 2, 6, 11, 16, 21}},
		{"jitter NONE", `{"ErrorEquals":["A"],"JitterStrategy":"NONE","MaxAttempts":2}`, 0.5, []string{"A"}, []float64{0, 1, 3}},
		{"jitter FULL takes part of the delay", `{"ErrorEquals":["A"],"IntervalSeconds":4,"JitterStrategy":"FULL","MaxAttempts":2}`, 0.5, []string{"A"}, []float64{0, 2, 6}},
		{"jitter FULL may be nothing", `{"ErrorEquals":["A"],"IntervalSeconds":4,"JitterStrategy":"FULL","MaxAttempts":2}`, 0, []string{"A"}, []float64{0, 0, 0}},
		{"jitter after MaxDelaySeconds", `{"ErrorEquals":["A"],"IntervalSeconds":8,"MaxDelaySeconds":10,"JitterStrategy":"FULL","MaxAttempts":2}`, 0.5, []string{"A"}, []float64{0, 4, 9}},
		{"another error", `{"ErrorEquals":["B"]}`, 0, []string{"A"}, []float64{0}},
		{"each retrier counts for itself", `{"ErrorEquals":["A"],"MaxAttempts":1},{"ErrorEquals":["B"],"MaxAttempts":1,"IntervalSeconds":5}`, 0, []string{"A", "B", "A"}, []float64{0, 1, 6}},
		{"the first match decides", `{"ErrorEquals":["A"],"MaxAttempts":1},{"ErrorEquals":["States.ALL"],"MaxAttempts":5}`, 0, []string{"A"}, []float64{0, 1}},
		{"delays of years do not overflow", `{"ErrorEquals":["A"],"IntervalSeconds":1,"BackoffRate":1e9,"MaxAttempts":3,"MaxDelaySeconds":86400}`, 0, []string{"A"}, []float64{0, 1, 86401, 172801}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			result, at := attempts(t, test.retry, test.random, test.errors...)
			if diff := cmp.Diff(test.want, at); diff != "" {
				t.Errorf("seconds of the attempts (-want +got):\n%s", diff)
			}
			if result.Status != asl.Failed {
				t.Errorf("status %s", result.Status)
			}
		})
	}
}

func TestRetryCountsStartAfreshWithEachVisit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		tasks := taskFunc(func(context.Context, asl.Task) (any, error) {
			if calls++; calls%3 == 0 {
				return calls, nil
			}
			return nil, &asl.Error{Name: "A"}
		})
		in := &asl.Interpreter{Tasks: tasks}
		m := machine(t, `"T":{`+lambda+`,"TimeoutSeconds":9,"Retry":[{"ErrorEquals":["A"],"MaxAttempts":2}],"Assign":{"n":"{% $states.result %}"},"Next":"Again?"},
			"Again?":{"Type":"Choice","Choices":[{"Condition":"{% $n % 9 != 0 %}","Next":"T"}],"Default":"S"},"S":{"Type":"Succeed"}`)
		for i := range 2 {
			expect(t, in.Execute(t.Context(), m, asl.ExecutionOptions{}), asl.Succeeded, fmt.Sprint(9*(i+1)))
		}
	})
}

func TestRetryCountInContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tasks := taskFunc(func(_ context.Context, task asl.Task) (any, error) {
			if string(task.Payload) == "2" {
				return "done", nil
			}
			return nil, &asl.Error{Name: "A"}
		})
		states := `"T":{` + lambda + `,"TimeoutSeconds":9,"Arguments":"{% $states.context.State.RetryCount %}","Retry":[{"ErrorEquals":["States.ALL"]}],"End":true}`
		expect(t, execute(t, &asl.Interpreter{Tasks: tasks}, states, `{}`), asl.Succeeded, `"done"`)
	})
}

func TestFailedEvaluationIsRetriedAndCaught(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		tasks := taskFunc(func(context.Context, asl.Task) (any, error) { calls++; return map[string]any{}, nil })
		states := `"T":{` + lambda + `,"TimeoutSeconds":9,"Output":"{% $states.result.absent %}","Retry":[{"ErrorEquals":["States.QueryEvaluationError"],"MaxAttempts":2}],
			"Catch":[{"ErrorEquals":["States.QueryEvaluationError"],"Assign":{"why":"{% $states.errorOutput.Cause %}"},"Next":"C"}],"End":true},"C":{"Type":"Pass","Output":"{% $why %}","End":true}`
		result := execute(t, &asl.Interpreter{Tasks: tasks}, states, `{}`)
		expect(t, result, asl.Succeeded, `"An error occurred while executing the state 'T' (entered at the event id #2). The JSONata expression '$states.result.absent' specified for the field 'Output' returned nothing (undefined)."`)
		if calls != 3 {
			t.Errorf("%d calls, want 3", calls)
		}
	})
}
