package asl_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

func TestChoice(t *testing.T) {
	t.Parallel()
	rule := func(condition string) string {
		return `"A?":{"Type":"Choice","Choices":[{"Condition":` + condition + `,"Next":"Yes","Assign":{"by":"rule"},"Output":{"rule":"{% $states.input.n %}"}}],"Assign":{"by":"default"},"Default":"No"},
			"Yes":{"Type":"Pass","Output":"{% [$by, $states.input] %}","End":true},"No":{"Type":"Pass","Output":"{% [$by, $states.input] %}","End":true}`
	}
	without := `"A?":{"Type":"Choice","Choices":[{"Condition":"{% $states.input.n = 1 %}","Next":"Yes"}]},"Yes":{"Type":"Succeed"}`
	tests := []struct {
		name, states, input string
		status              asl.Status
		want                string
	}{
		{"rule", rule(`"{% $states.input.n = 1 %}"`), `{"n":1}`, asl.Succeeded, `["rule",{"rule":1}]`},
		{"default", rule(`"{% $states.input.n = 1 %}"`), `{"n":2}`, asl.Succeeded, `["default",{"n":2}]`},
		{"fixed condition", rule(`true`), `{"n":2}`, asl.Succeeded, `["rule",{"rule":2}]`},
		{"nothing matches", without, `{"n":2}`, asl.Failed, "States.NoChoiceMatched"},
		{"no boolean", rule(`"{% $states.input.n %}"`), `{"n":1}`, asl.Failed, "States.QueryEvaluationError"},
		{"undefined", rule(`"{% $states.input.absent %}"`), `{"n":1}`, asl.Failed, "States.QueryEvaluationError"},
		{"error", rule(`"{% $states.input.n > 'a' %}"`), `{"n":1}`, asl.Failed, "States.QueryEvaluationError"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			expect(t, execute(t, &asl.Interpreter{}, test.states, test.input), test.status, test.want)
		})
	}
	result := execute(t, &asl.Interpreter{}, rule(`"{% $states.input.n %}"`), `{"n":1}`)
	if want := "Expected 'boolean', but was 'number' for value: 1"; !strings.HasSuffix(result.Cause, want) {
		t.Errorf("cause %q, want it to end with %q", result.Cause, want)
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, wait, input string
		want              time.Duration
	}{
		{"seconds", `"Seconds":3600`, `{}`, time.Hour},
		{"evaluated seconds", `"Seconds":"{% $states.input.n * 2 %}"`, `{"n":30}`, time.Minute},
		{"timestamp", `"Timestamp":"2000-01-01T06:00:00Z"`, `{}`, 6 * time.Hour},
		{"timestamp with an offset", `"Timestamp":"{% $states.input.at %}"`, `{"at":"2000-01-01T06:00:00.5+02:00"}`, 4*time.Hour + 500*time.Millisecond},
		{"past", `"Timestamp":"1999-01-01T06:00:00Z"`, `{}`, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // time begins at 2000-01-01T00:00:00Z
				start := time.Now()
				result := execute(t, &asl.Interpreter{}, `"W":{"Type":"Wait",`+test.wait+`,"Output":1,"End":true}`, test.input)
				expect(t, result, asl.Succeeded, "1")
				if passed := time.Since(start); passed != test.want {
					t.Errorf("waited %v, want %v", passed, test.want)
				}
			})
		})
	}
	for _, seconds := range []string{"-1", "'1'", "1e9", "null"} {
		expect(t, execute(t, &asl.Interpreter{}, `"W":{"Type":"Wait","Seconds":"{% `+seconds+` %}","End":true}`, `{}`), asl.Failed, "States.QueryEvaluationError")
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, states, want string }{
		{"Assign and Output see the values at entry", `"A":{"Type":"Pass","Assign":{"x":1},"Next":"B"},"B":{"Type":"Pass","Assign":{"x":"{% $x + 1 %}","y":"{% $x %}"},"Output":"{% $x %}","Next":"C"},"C":{"Type":"Pass","Output":"{% [$states.input, $x, $y] %}","End":true}`, "[1,2,1]"},
		{"a branch reads outer variables and keeps its own", `"A":{"Type":"Pass","Assign":{"x":1},"Next":"P"},"P":{"Type":"Parallel","Branches":[{"StartAt":"I","States":{"I":{"Type":"Pass","Assign":{"inner":"{% $x + 1 %}"},"Next":"J"},"J":{"Type":"Pass","Output":"{% $inner %}","End":true}}}],"Assign":{"r":"{% $states.result %}"},"Next":"Z"},"Z":{"Type":"Pass","Output":"{% [$r, $exists($inner)] %}","End":true}`, "[2,false]"},
		{"iterations do not see each other's", `"M":{"Type":"Map","Items":[1,2],"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Output":"{% $exists($seen) %}","Assign":{"seen":true},"End":true}}},"End":true}`, "[false,false]"},
		{"input of the execution", `"A":{"Type":"Pass","Output":1,"Next":"B"},"B":{"Type":"Pass","Output":"{% $states.context.Execution.Input %}","End":true}`, `{"in":true}`},
		{"context", `"A":{"Type":"Pass","Output":"{% [$states.context.Execution.Name, $states.context.Execution.Id, $states.context.StateMachine.Name, $states.context.State.Name] %}","End":true}`, `["e","arn:e","test","A"]`},
		{"item in the processor", `"M":{"Type":"Map","Items":["a","b"],"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Output":"{% $states.context.Map.Item.Value & $string($states.context.Map.Item.Index) %}","End":true}}},"End":true}`, `["a0","b1"]`},
		{"order of keys is kept", `"A":{"Type":"Pass","Output":{"z":1,"a":"{% {'y': 1, 'b': 2} %}"},"End":true}`, `{"z":1,"a":{"y":1,"b":2}}`},
		{"no items", `"M":{"Type":"Map","Items":[],"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}`, `[]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			expect(t, execute(t, &asl.Interpreter{}, test.states, `{"in":true}`), asl.Succeeded, test.want)
		})
	}
}

func TestChanceAndHash(t *testing.T) {
	t.Parallel()
	states := `"A":{"Type":"Pass","Output":"{% [$uuid(), $string($random()), $hash('abc', 'MD5')] %}","End":true}`
	in := &asl.Interpreter{UUID: func() string { return "u" }, Random: func() float64 { return 0.5 }}
	expect(t, execute(t, in, states, `{}`), asl.Succeeded, `["u","0.5","900150983cd24fb0d6963f7d28e17f72"]`)
}

func TestMachineTimeoutIsNotCaught(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stopped := make(chan time.Time, 1)
		tasks := taskFunc(func(ctx context.Context, _ asl.Task) (any, error) {
			<-ctx.Done()
			stopped <- time.Now()
			return nil, ctx.Err()
		})
		m := parse(t, `{"QueryLanguage":"JSONata","TimeoutSeconds":60,"StartAt":"T","States":{
			"T":{`+lambda+`,"TimeoutSeconds":600,"Retry":[{"ErrorEquals":["States.ALL"]}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}],"End":true},"C":{"Type":"Succeed"}}}`)
		start := time.Now()
		result := (&asl.Interpreter{Tasks: tasks}).Execute(t.Context(), m, asl.ExecutionOptions{})
		expect(t, result, asl.TimedOut, "States.Timeout")
		if passed := (<-stopped).Sub(start); passed != time.Minute {
			t.Errorf("stopped after %v", passed)
		}
		if want := "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted ExecutionTimedOut"; types(result) != want {
			t.Errorf("events %s, want %s", types(result), want)
		}
	})
}

func TestAbort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := machine(t, `"P":{"Type":"Parallel","Branches":[{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":100,"End":true}}}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}],"Next":"C"},"C":{"Type":"Succeed"}`)
		x := (&asl.Interpreter{}).Start(t.Context(), m, asl.ExecutionOptions{})
		time.Sleep(time.Second)
		x.Stop("Operator", "changed my mind")
		result := x.Wait()
		expect(t, result, asl.Aborted, "Operator")
		if want := "ExecutionStarted ParallelStateEntered ParallelStateStarted WaitStateEntered ExecutionAborted"; types(result) != want {
			t.Errorf("events %s, want %s", types(result), want)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("gone"))
		expect(t, (&asl.Interpreter{}).Execute(ctx, m, asl.ExecutionOptions{}), asl.Aborted, "")
	})
}

func TestNestedExecutionIsAbortedNotTimedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		child := machine(t, `"W":{"Type":"Wait","Seconds":1000,"End":true}`)
		parent := parse(t, `{"QueryLanguage":"JSONata","TimeoutSeconds":60,"StartAt":"T","States":{"T":{`+lambda+`,"End":true}}}`)
		inner := make(chan *asl.Result, 1)
		in := &asl.Interpreter{}
		in.Tasks = taskFunc(func(ctx context.Context, _ asl.Task) (any, error) {
			inner <- in.Execute(ctx, child, asl.ExecutionOptions{})
			return nil, ctx.Err()
		})
		expect(t, in.Execute(t.Context(), parent, asl.ExecutionOptions{}), asl.TimedOut, "States.Timeout")
		expect(t, <-inner, asl.Aborted, "")
	})
}

func TestHistoryIsLimited(t *testing.T) {
	t.Parallel()
	states := `"A":{"Type":"Pass","Assign":{"n":0},"Next":"B"},"B":{"Type":"Pass","Assign":{"n":"{% $n + 1 %}"},"Next":"C?"},
		"C?":{"Type":"Choice","Choices":[{"Condition":"{% $n < 100000 %}","Next":"B"}],"Default":"S"},"S":{"Type":"Succeed"}`
	result := execute(t, &asl.Interpreter{}, states, `{}`)
	expect(t, result, asl.Failed, "States.Runtime")
	if last := result.Events[len(result.Events)-1]; last.ID != 25000 || len(result.Events) != 25000 || last.Type != "ExecutionFailed" {
		t.Errorf("the last of %d events is %+v", len(result.Events), last)
	}
}
