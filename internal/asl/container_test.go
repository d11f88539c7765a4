package asl_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

// sleeper is a task that takes the seconds of its arguments, and fails after them if they are odd.
func sleeper(ctx context.Context, task asl.Task) (any, error) {
	seconds := task.Arguments.(float64)
	select {
	case <-time.After(time.Duration(seconds) * time.Second):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if int(seconds)%2 == 1 {
		return nil, &asl.Error{Name: "Odd"}
	}
	return seconds, nil
}

// journal writes events as "id<-prev type[index]".
func journal(result *asl.Result) string {
	var lines []string
	for _, e := range result.Events {
		text, _ := json.Marshal([]int{e.ID, e.PrevID})
		line := string(text) + " " + e.Type
		if strings.HasPrefix(e.Type, "MapIteration") {
			line += "/" + string(rune('0'+e.Index))
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestParallelStopsTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		states := `"P":{"Type":"Parallel","Branches":[
			{"StartAt":"Quick","States":{"Quick":{"Type":"Pass","Output":1,"End":true}}},
			{"StartAt":"Slow","States":{"Slow":{"Type":"Wait","Seconds":100,"End":true}}},
			{"StartAt":"Bad","States":{"Bad":{"Type":"Wait","Seconds":5,"Next":"Fails"},"Fails":{"Type":"Fail","Error":"Bad"}}}],
			"Catch":[{"ErrorEquals":["Bad"],"Next":"C"}],"End":true},"C":{"Type":"Pass","Output":"caught","End":true}`
		start := time.Now()
		result := execute(t, &asl.Interpreter{}, states, `{}`)
		expect(t, result, asl.Succeeded, `"caught"`)
		if passed := time.Since(start); passed != 5*time.Second {
			t.Errorf("took %v", passed)
		}
		if got := types(result); !strings.Contains(got, "FailStateEntered WaitStateAborted ParallelStateFailed ParallelStateExited") {
			t.Errorf("events %s", got)
		}
	})
}

func TestParallelOutputsInOrderOfBranches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		states := `"P":{"Type":"Parallel","Arguments":{"n":"{% $states.input %}"},"Branches":[
			{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":2,"Output":"{% $states.input.n %}","End":true}}},
			{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":1,"Output":"b","End":true}}}],"Output":"{% {'r': $states.result} %}","End":true}`
		result := execute(t, &asl.Interpreter{}, states, `7`)
		expect(t, result, asl.Succeeded, `{"r":[7,"b"]}`)
		want := []string{"[1,0] ExecutionStarted", "[2,0] ParallelStateEntered", "[3,2] ParallelStateStarted", "WaitStateEntered", "WaitStateEntered", "WaitStateExited", "WaitStateExited", "[8,7] ParallelStateSucceeded", "[9,7] ParallelStateExited", "[10,9] ExecutionSucceeded"}
		for i, line := range strings.Split(journal(result), "\n") {
			if !strings.HasSuffix(line, want[i]) {
				t.Errorf("event %s, want %s", line, want[i])
			}
		}
	})
}

func TestMapIterationFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		states := `"M":{"Type":"Map","Items":"{% $states.input %}","MaxConcurrency":2,"ItemProcessor":{"StartAt":"T","States":{"T":{` + lambda + `,"TimeoutSeconds":99,"Arguments":"{% $states.input %}","End":true}}},"End":true}`
		result := execute(t, &asl.Interpreter{Tasks: taskFunc(sleeper)}, states, `[2,50,3,4]`)
		expect(t, result, asl.Failed, "Odd")
		want := `[16,11] MapIterationSucceeded/0
[17,11] MapIterationStarted/2
[18,17] TaskStateEntered
[19,18] TaskScheduled
[20,19] TaskStarted
[21,20] TaskFailed
[22,21] MapIterationFailed/2
[23,21] TaskStateAborted
[24,21] MapIterationAborted/1
[25,21] TaskStateAborted
[26,21] MapStateFailed
[27,26] ExecutionFailed`
		lines := strings.Split(journal(result), "\n")
		got := lines[len(lines)-12:]
		for i, line := range strings.Split(want, "\n") {
			if _, wantType, _ := strings.Cut(line, " "); !strings.HasSuffix(got[i], wantType) {
				t.Errorf("event %s, want %s", got[i], line)
			}
		}
	})
}

func TestMapConcurrency(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{`"INLINE"`, `"DISTRIBUTED","ExecutionType":"STANDARD"`} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			running, most := 0, 0
			tasks := taskFunc(func(context.Context, asl.Task) (any, error) {
				mu.Lock()
				running++
				most = max(most, running)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				running--
				mu.Unlock()
				return 1, nil
			})
			states := `"M":{"Type":"Map","MaxConcurrency":"{% 1 + 2 %}","ItemProcessor":{"ProcessorConfig":{"Mode":` + mode + `},"StartAt":"T","States":{"T":{` + lambda + `,"TimeoutSeconds":9,"End":true}}},"Output":"{% $sum($states.result) %}","End":true}`
			start := time.Now()
			expect(t, execute(t, &asl.Interpreter{Tasks: tasks}, states, `[1,2,3,4,5,6,7]`), asl.Succeeded, "7")
			if passed := time.Since(start); most != 3 || passed != 3*time.Second {
				t.Errorf("%s: %d at once, in %v", mode, most, passed)
			}
		})
	}
}

func TestToleratedFailures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, tolerated, items string
		status                 asl.Status
		want                   string
	}{
		{"none by default", ``, `[2,3]`, asl.Failed, "States.ExceedToleratedFailureThreshold"},
		{"no failure", ``, `[2,4]`, asl.Succeeded, "[2,4]"},
		{"count", `,"ToleratedFailureCount":1`, `[2,3,4]`, asl.Succeeded, "[2,4]"},
		{"count exceeded", `,"ToleratedFailureCount":1`, `[1,3,4]`, asl.Failed, "States.ExceedToleratedFailureThreshold"},
		{"percentage", `,"ToleratedFailurePercentage":50`, `[2,3]`, asl.Succeeded, "[2]"},
		{"percentage exceeded", `,"ToleratedFailurePercentage":49`, `[2,3]`, asl.Failed, "States.ExceedToleratedFailureThreshold"},
		{"either limit", `,"ToleratedFailureCount":1,"ToleratedFailurePercentage":100`, `[1,3,4]`, asl.Failed, "States.ExceedToleratedFailureThreshold"},
		{"everything", `,"ToleratedFailurePercentage":"{% 100 %}"`, `[1,3]`, asl.Succeeded, "[]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				states := `"M":{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"T","States":{"T":{` + lambda + `,"TimeoutSeconds":99,"Arguments":"{% $states.input %}","End":true}}},"End":true` + test.tolerated + `}`
				result := execute(t, &asl.Interpreter{Tasks: taskFunc(sleeper)}, states, test.items)
				expect(t, result, test.status, test.want)
				if result.Status == asl.Failed {
					if want := "ExecutionStarted MapStateEntered MapStateStarted MapRunStarted MapRunFailed MapStateFailed ExecutionFailed"; types(result) != want {
						t.Errorf("events %s, want %s", types(result), want)
					}
				}
			})
		})
	}
}

func TestHooksSeeEverything(t *testing.T) {
	t.Parallel()
	var events []asl.Event
	var evaluated []string
	in := &asl.Interpreter{
		OnEvent: func(e asl.Event) { events = append(events, e) },
		OnEvaluate: func(expr string, bindings map[string]any, result any, err error) {
			text, _ := json.Marshal(map[string]any{"expr": expr, "bindings": bindings, "result": result, "failed": err != nil})
			evaluated = append(evaluated, string(text))
		},
	}
	result := execute(t, in, `"A":{"Type":"Pass","Assign":{"x":"{% $states.input.n + 1 %}"},"Next":"B"},"B":{"Type":"Pass","Output":"{% $x > 'a' %}","End":true}`, `{"n":1}`)
	if diff := cmp.Diff(result.Events, events); diff != "" {
		t.Errorf("events (-history +hook):\n%s", diff)
	}
	want := []string{
		`{"bindings":{"states":{"input":{"n":1}}},"expr":"$states.input.n + 1","failed":false,"result":2}`,
		`{"bindings":{"x":2},"expr":"$x \u003e 'a'","failed":true,"result":null}`,
	}
	if diff := cmp.Diff(want, evaluated); diff != "" {
		t.Errorf("evaluations (-want +got):\n%s", diff)
	}
}

func TestScaledClock(t *testing.T) {
	t.Parallel()
	start := time.Now()
	clock := asl.ScaledClock{Factor: 1000, Start: start}
	result := execute(t, &asl.Interpreter{Clock: clock}, `"W":{"Type":"Wait","Seconds":20,"End":true}`, `{}`)
	expect(t, result, asl.Succeeded, "{}")
	if real := time.Since(start); real < 20*time.Millisecond || real > 5*time.Second {
		t.Errorf("20 s at 1000 times the speed took %v", real)
	}
	first, last := result.Events[0].Time, result.Events[len(result.Events)-1].Time
	if passed := last.Sub(first); passed < 19*time.Second {
		t.Errorf("only %v have passed on the scaled clock", passed)
	}
}
