package asl_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

func TestTaskErrors(t *testing.T) {
	t.Parallel()
	catch := func(names string) string {
		return `"T":{` + lambda + `,"TimeoutSeconds":10,"Catch":[{"ErrorEquals":[` + names + `],"Output":"{% $states.errorOutput %}","Next":"C"}],"End":true},"C":{"Type":"Succeed"}`
	}
	never := func(ctx context.Context, _ asl.Task) (any, error) { <-ctx.Done(); return nil, ctx.Err() }
	fails := func(err error) taskFunc { return func(context.Context, asl.Task) (any, error) { return nil, err } }
	named := &asl.Error{Name: "Unavailable", Cause: "later"}
	tests := []struct {
		name, states string
		tasks        taskFunc
		status       asl.Status
		want         string
	}{
		{"named error", catch(`"Unavailable"`), fails(named), asl.Succeeded, `{"Error":"Unavailable","Cause":"later"}`},
		{"wrapped", catch(`"Unavailable"`), fails(fmt.Errorf("call: %w", named)), asl.Succeeded, `{"Error":"Unavailable","Cause":"later"}`},
		{"by value", catch(`"Unavailable"`), fails(*named), asl.Succeeded, `{"Error":"Unavailable","Cause":"later"}`},
		{"another name", catch(`"Internal"`), fails(named), asl.Failed, "Unavailable"},
		{"States.ALL", catch(`"States.ALL"`), fails(named), asl.Succeeded, `{"Error":"Unavailable","Cause":"later"}`},
		{"States.TaskFailed matches a named error", catch(`"States.TaskFailed"`), fails(named), asl.Succeeded, `{"Error":"Unavailable","Cause":"later"}`},
		{"unnamed error", catch(`"States.TaskFailed"`), fails(errors.New("oops")), asl.Succeeded, `{"Error":"States.TaskFailed","Cause":"oops"}`},
		{"timeout", catch(`"States.Timeout"`), never, asl.Succeeded, `{"Error":"States.Timeout","Cause":""}`},
		{"timeout by States.ALL", catch(`"States.ALL"`), never, asl.Succeeded, `{"Error":"States.Timeout","Cause":""}`},
		{"States.TaskFailed does not match a timeout", catch(`"States.TaskFailed"`), never, asl.Failed, "States.Timeout"},
		{"a timeout is no missed heartbeat", catch(`"States.HeartbeatTimeout"`), never, asl.Failed, "States.Timeout"},
		{"nothing catches States.Runtime", catch(`"States.ALL"`), fails(&asl.Error{Name: "States.Runtime"}), asl.Failed, "States.Runtime"},
		{"not even by name", catch(`"States.Runtime"`), fails(&asl.Error{Name: "States.Runtime"}), asl.Failed, "States.Runtime"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				expect(t, execute(t, &asl.Interpreter{Tasks: test.tasks}, test.states, `{}`), test.status, test.want)
			})
		})
	}
}

func TestTimeoutCancelsTheTask(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cancelled := make(chan time.Duration, 1)
		start := time.Now()
		tasks := taskFunc(func(ctx context.Context, _ asl.Task) (any, error) {
			<-ctx.Done()
			cancelled <- time.Since(start)
			return "too late", nil
		})
		result := execute(t, &asl.Interpreter{Tasks: tasks}, `"T":{`+lambda+`,"TimeoutSeconds":"{% $states.input.limit %}","End":true}`, `{"limit":90}`)
		expect(t, result, asl.Failed, "States.Timeout")
		if got := <-cancelled; got != 90*time.Second {
			t.Errorf("cancelled after %v", got)
		}
		if want := "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskTimedOut ExecutionFailed"; types(result) != want {
			t.Errorf("events %s, want %s", types(result), want)
		}
		if got := result.Events[2].TimeoutInSeconds; got != 90 {
			t.Errorf("TimeoutInSeconds %d", got)
		}
	})
}

func TestTaskGetsWhatItNeeds(t *testing.T) {
	t.Parallel()
	var got asl.Task
	tasks := taskFunc(func(_ context.Context, task asl.Task) (any, error) {
		got = task
		return map[string]any{"Payload": 1}, nil
	})
	states := `"T":{` + lambda + `,"TimeoutSeconds":5,"Arguments":{"b":"{% $states.input.x & $states.context.State.Name %}","a":[1]},"Credentials":{"RoleArn":"arn:r"},"Output":"{% $states.result.Payload %}","End":true}`
	expect(t, execute(t, &asl.Interpreter{Tasks: tasks}, states, `{"x":"y"}`), asl.Succeeded, "1")
	if string(got.Payload) != `{"b":"yT","a":[1]}` || got.State != "T" || got.ExecutionName != "e" || got.ExecutionID != "arn:e" || got.Timeout != 5*time.Second {
		t.Errorf("got %+v", got)
	}
	if arguments, ok := got.Arguments.(map[string]any); !ok || arguments["b"] != "yT" {
		t.Errorf("Arguments %#v", got.Arguments)
	}
}

func TestSyncTaskIsSubmitted(t *testing.T) {
	t.Parallel()
	tasks := taskFunc(func(_ context.Context, task asl.Task) (any, error) {
		task.Submitted(map[string]any{"ExecutionArn": "arn:child"})
		return map[string]any{"Output": map[string]any{"n": 1}}, nil
	})
	states := `"T":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","TimeoutSeconds":5,"Output":"{% $states.result.Output.n %}","End":true}`
	result := execute(t, &asl.Interpreter{Tasks: tasks}, states, `{}`)
	expect(t, result, asl.Succeeded, "1")
	if submitted := result.Events[4]; submitted.Type != "TaskSubmitted" || string(submitted.Output) != `{"ExecutionArn":"arn:child"}` || submitted.Resource != "startExecution.sync:2" || submitted.ResourceType != "states" {
		t.Errorf("got %+v", submitted)
	}
}

func TestPayloadLimit(t *testing.T) {
	t.Parallel()
	large := taskFunc(func(context.Context, asl.Task) (any, error) { return strings.Repeat("x", 256<<10), nil })
	fits := taskFunc(func(context.Context, asl.Task) (any, error) { return strings.Repeat("x", 256<<10-2), nil })
	all := `"Retry":[{"ErrorEquals":["States.ALL"]}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}],"End":true},"C":{"Type":"Pass","Output":"caught","End":true}`
	result := execute(t, &asl.Interpreter{Tasks: large}, `"T":{`+lambda+`,`+all, `{}`)
	expect(t, result, asl.Failed, "States.DataLimitExceeded")
	if want := "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskFailed ExecutionFailed"; types(result) != want {
		t.Errorf("events %s, want %s", types(result), want)
	}
	if want := "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit."; result.Cause != want {
		t.Errorf("cause %s", result.Cause)
	}
	if result := execute(t, &asl.Interpreter{Tasks: fits}, `"T":{`+lambda+`,`+all, `{}`); result.Status != asl.Succeeded || len(result.Output) != 256<<10 {
		t.Errorf("256 KiB: %s %s, %d bytes", result.Status, result.Error, len(result.Output))
	}
	byName := `"T":{` + lambda + `,"Catch":[{"ErrorEquals":["States.DataLimitExceeded"],"Next":"C"}],"End":true},"C":{"Type":"Pass","Output":"caught","End":true}`
	expect(t, execute(t, &asl.Interpreter{Tasks: large}, byName, `{}`), asl.Succeeded, `"caught"`)
	grown := `"P":{"Type":"Pass","Output":"{% [$states.input, $states.input] %}","End":true}`
	expect(t, execute(t, &asl.Interpreter{}, grown, `"`+strings.Repeat("x", 200<<10)+`"`), asl.Failed, "States.DataLimitExceeded")
	expect(t, execute(t, &asl.Interpreter{}, grown, `"`+strings.Repeat("x", 256<<10)+`"`), asl.Failed, "InvalidExecutionInput")
	assigned := `"P":{"Type":"Pass","Assign":{"a":"{% $states.input %}","b":"{% $states.input %}"},"End":true}`
	expect(t, execute(t, &asl.Interpreter{}, assigned, `"`+strings.Repeat("x", 200<<10)+`"`), asl.Failed, "States.DataLimitExceeded")
}
