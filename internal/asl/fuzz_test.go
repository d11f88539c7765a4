package asl_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

// FuzzExecute reads definitions and runs those that are valid: nothing panics or hangs, and each history begins with
// ExecutionStarted, ends with the only closing event, and refers backwards only.
func FuzzExecute(f *testing.F) {
	files, err := filepath.Glob("testdata/conformance/jsonata/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		var r recording
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, &r)
		}
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(r.Definition), []byte(r.Input))
	}
	f.Fuzz(func(t *testing.T, definition, input []byte) {
		m, err := asl.Parse("fuzz", definition)
		if err != nil {
			return
		}
		m.Validate()
		synctest.Test(t, func(t *testing.T) {
			tasks := taskFunc(func(ctx context.Context, task asl.Task) (any, error) {
				if task.Token != "" || task.Attempt == 1 {
					return task.Arguments, nil
				}
				return nil, &asl.Error{Name: "Fuzz"}
			})
			checkHistory(t, (&asl.Interpreter{Tasks: tasks}).Execute(t.Context(), m, asl.ExecutionOptions{Input: input}))
		})
	})
}

func checkHistory(t *testing.T, result *asl.Result) {
	if result.Error == "InvalidExecutionInput" {
		return
	}
	closing := map[string]asl.Status{"ExecutionSucceeded": asl.Succeeded, "ExecutionFailed": asl.Failed, "ExecutionTimedOut": asl.TimedOut, "ExecutionAborted": asl.Aborted}
	for i, e := range result.Events {
		last := i == len(result.Events)-1
		status, closes := closing[e.Type]
		if (e.Type == "ExecutionStarted") != (i == 0) || closes != last || last && status != result.Status {
			t.Errorf("event %d of %d is %s; the execution %s", i+1, len(result.Events), e.Type, result.Status)
		}
		if e.ID != i+1 || e.PrevID >= e.ID {
			t.Errorf("event %d has the ID %d and follows from %d", i+1, e.ID, e.PrevID)
		}
	}
	if result.Status == asl.Succeeded && !json.Valid(result.Output) {
		t.Errorf("output %s", result.Output)
	}
}

// BenchmarkTransitions counts a loop of Pass and Choice with two expressions a turn, 2,000 states an execution.
func BenchmarkTransitions(b *testing.B) {
	m := machine(b, `"A":{"Type":"Pass","Assign":{"n":0},"Next":"B"},"B":{"Type":"Pass","Assign":{"n":"{% $n + 1 %}"},"Next":"C?"},
		"C?":{"Type":"Choice","Choices":[{"Condition":"{% $n < 1000 %}","Next":"B"}],"Default":"S"},"S":{"Type":"Succeed"}`)
	input := json.RawMessage(`{"regions":[{"id":"a","uri":"s3://b/a/"},{"id":"b","uri":"s3://b/b/"}]}`)
	for b.Loop() {
		if result := new(asl.Interpreter).Execute(b.Context(), m, asl.ExecutionOptions{Input: input}); result.Status != asl.Succeeded {
			b.Fatal(result.Cause)
		}
	}
	b.ReportMetric(2000*float64(b.N)/b.Elapsed().Seconds(), "states/s")
}
