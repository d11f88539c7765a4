package asl_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/jsonata/reference"
)

// TestEvaluationsAgreeWithReference replays what the recorded executions evaluate with the reference implementation.
func TestEvaluationsAgreeWithReference(t *testing.T) {
	t.Parallel()
	if err := reference.Available(); err != nil {
		t.Skip(err)
	}
	files, err := filepath.Glob("testdata/conformance/jsonata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorder reference.Recorder
	for _, file := range files {
		var r recording
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, &r)
		}
		if err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			m, err := asl.Parse(file, r.Definition)
			if err != nil {
				t.Fatal(err)
			}
			in := &asl.Interpreter{Tasks: &recordedTasks{entries: r.Tasks}, OnEvaluate: recorder.Record}
			in.Execute(t.Context(), m, asl.ExecutionOptions{Input: r.Input})
		})
	}
	var cases []reference.Case
	for _, c := range recorder.Cases() {
		lists, err := reference.WithLists(c)
		if err != nil {
			t.Fatal(err)
		}
		cases = append(append(cases, c), lists...)
	}
	differences, err := reference.Compare(t.Context(), cases)
	if err != nil {
		t.Fatal(err)
	}
	for _, difference := range differences {
		t.Error(difference)
	}
	if t.Logf("%d cases compared", len(cases)); len(cases) < 100 {
		t.Error("too few cases were recorded")
	}
}
