package asl_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

const approval = `"T":{"Type":"Task","Resource":"arn:aws:states:::sns:publish.waitForTaskToken","TimeoutSeconds":3600,"HeartbeatSeconds":60,
	"Arguments":{"Message":{"token":"{% $states.context.Task.Token %}"}},
	"Catch":[{"ErrorEquals":["States.HeartbeatTimeout"],"Output":{"missed":"{% $states.errorOutput.Error %}"},"Next":"C"}],"End":true},"C":{"Type":"Succeed"}`

// withToken runs the approval machine; act gets the token once the task is submitted.
func withToken(t *testing.T, act func(in *asl.Interpreter, token string)) (result *asl.Result, passed time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		in := &asl.Interpreter{}
		var acts sync.WaitGroup
		in.Tasks = taskFunc(func(_ context.Context, task asl.Task) (any, error) {
			message := task.Arguments.(map[string]any)["Message"].(map[string]any)
			if message["token"] != task.Token || task.Token == "" {
				t.Errorf("token %v in the arguments, %q in the task", message["token"], task.Token)
			}
			acts.Go(func() { act(in, task.Token) })
			return map[string]any{"MessageId": "m"}, nil
		})
		start := time.Now()
		result = execute(t, in, approval, `{}`)
		passed = time.Since(start)
		acts.Wait()
	})
	return result, passed
}

func TestTaskToken(t *testing.T) {
	t.Parallel()
	t.Run("success", func(t *testing.T) {
		t.Parallel()
		result, passed := withToken(t, func(in *asl.Interpreter, token string) {
			time.Sleep(50 * time.Second)
			check(t, in.SendTaskHeartbeat(token), nil)
			time.Sleep(50 * time.Second)
			check(t, in.SendTaskSuccess(token, json.RawMessage(`{"by":"me"`)), asl.ErrInvalidOutput)
			check(t, in.SendTaskSuccess(token, json.RawMessage(`{"by":"me"}`)), nil)
			check(t, in.SendTaskSuccess(token, json.RawMessage(`{}`)), asl.ErrTaskTimedOut)
			check(t, in.SendTaskHeartbeat("no such token"), asl.ErrInvalidToken)
		})
		expect(t, result, asl.Succeeded, `{"by":"me"}`)
		if passed != 100*time.Second {
			t.Errorf("took %v", passed)
		}
		if want := "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted TaskSucceeded TaskStateExited ExecutionSucceeded"; types(result) != want {
			t.Errorf("events %s, want %s", types(result), want)
		}
	})
	t.Run("failure", func(t *testing.T) {
		t.Parallel()
		result, _ := withToken(t, func(in *asl.Interpreter, token string) {
			check(t, in.SendTaskFailure(token, "Rejected", "not today"), nil)
		})
		expect(t, result, asl.Failed, "Rejected")
		if result.Cause != "not today" {
			t.Errorf("cause %q", result.Cause)
		}
		if want := "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted TaskFailed ExecutionFailed"; types(result) != want {
			t.Errorf("events %s, want %s", types(result), want)
		}
	})
	t.Run("missed heartbeat", func(t *testing.T) {
		t.Parallel()
		result, passed := withToken(t, func(in *asl.Interpreter, token string) {
			time.Sleep(40 * time.Second)
			check(t, in.SendTaskHeartbeat(token), nil)
			time.Sleep(61 * time.Second)
			check(t, in.SendTaskHeartbeat(token), asl.ErrTaskTimedOut)
		})
		expect(t, result, asl.Succeeded, `{"missed":"States.Timeout"}`)
		if passed != 100*time.Second {
			t.Errorf("took %v", passed)
		}
	})
	t.Run("timeout in spite of heartbeats", func(t *testing.T) {
		t.Parallel()
		result, passed := withToken(t, func(in *asl.Interpreter, token string) {
			for in.SendTaskHeartbeat(token) == nil {
				time.Sleep(30 * time.Second)
			}
		})
		expect(t, result, asl.Failed, "States.Timeout")
		if passed != time.Hour {
			t.Errorf("took %v", passed)
		}
	})
}

func check(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTokenDefaults(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 20 {
		result, _ := withToken(t, func(in *asl.Interpreter, token string) {
			seen[token] = true
			check(t, in.SendTaskSuccess(token, json.RawMessage(`1`)), nil)
		})
		expect(t, result, asl.Succeeded, "1")
	}
	if len(seen) != 20 {
		t.Errorf("%d different tokens of 20", len(seen))
	}
}
