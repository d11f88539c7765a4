package asl_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

// A recording is one file of testdata/conformance; its README explains the fields.
type recording struct {
	Definition json.RawMessage
	Input      json.RawMessage
	Tasks      map[string][]taskEntry
	Expect     map[string]any
	Events     []map[string]any
	Unordered  [][2]int
	Volatile   any
}

type taskEntry struct {
	Arguments any
	Output    any
	Submitted any
	Error     *string
	Cause     string
	Timeout   bool
	used      bool
}

// recordedTasks answers as the recording says: the first unused entry of the state with equal arguments.
type recordedTasks struct {
	mu      sync.Mutex
	entries map[string][]taskEntry
}

func (r *recordedTasks) Run(ctx context.Context, t asl.Task) (any, error) {
	entry, err := r.take(t)
	if err != nil {
		return nil, err
	}
	if entry.Submitted != nil {
		t.Submitted(entry.Submitted)
	}
	if entry.Timeout {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if entry.Error != nil {
		return nil, fmt.Errorf("mocked: %w", &asl.Error{Name: *entry.Error, Cause: entry.Cause})
	}
	return entry.Output, nil
}

func (r *recordedTasks) take(t asl.Task) (taskEntry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, entry := range r.entries[t.State] {
		if !entry.used && reflect.DeepEqual(entry.Arguments, t.Arguments) {
			r.entries[t.State][i].used = true
			return entry, nil
		}
	}
	return taskEntry{}, fmt.Errorf("state %s: no answer was recorded for %s", t.State, t.Payload)
}

func (r *recordedTasks) unused() error {
	var errs []error
	for name, entries := range r.entries {
		for i, entry := range entries {
			if !entry.used {
				errs = append(errs, fmt.Errorf("state %s: attempt %d was not made", name, i))
			}
		}
	}
	return errors.Join(errs...)
}

func TestConformance(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/conformance/jsonata/*.json")
	if err != nil || len(files) != 82 {
		t.Fatalf("%d recordings, want 82 (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			var r recording
			text, err := os.ReadFile(file)
			if err == nil {
				err = json.Unmarshal(text, &r)
			}
			if err != nil {
				t.Fatal(err)
			}
			if r.Volatile != nil {
				t.Fatal("placeholders for changing values are not understood")
			}
			synctest.Test(t, func(t *testing.T) { replay(t, r) })
		})
	}
}

func replay(t *testing.T, r recording) {
	m, err := asl.Parse("recorded", r.Definition)
	if err != nil {
		t.Fatal(err)
	}
	tasks := &recordedTasks{entries: r.Tasks}
	in := &asl.Interpreter{Tasks: tasks}
	result := in.Execute(t.Context(), m, asl.ExecutionOptions{Name: "e", Input: r.Input})
	if err := tasks.unused(); err != nil {
		t.Error(err)
	}
	got := map[string]any{"status": string(result.Status)}
	put(got, "output", result.Output)
	putText(got, "error", result.Error)
	putText(got, "cause", result.Cause)
	if diff := cmp.Diff(r.Expect, got); diff != "" {
		t.Errorf("result (-recorded +ours):\n%s", diff)
	}
	if r.Events == nil {
		return
	}
	recorded, ours := r.Events, recordedForm(result.Events)
	if len(recorded) != len(ours) {
		t.Errorf("%d events, recorded %d", len(ours), len(recorded))
	}
	if diff := cmp.Diff(recorded, inRecordedOrder(recorded, ours, r.Unordered)); diff != "" {
		t.Errorf("events (-recorded +ours):\n%s", diff)
	}
}

var withoutName = regexp.MustCompile(`^(Execution.*|MapState(Started|Succeeded|Failed)|MapRun.*|ParallelState(Started|Succeeded|Failed)|.*StateAborted)$`)

// recordedForm writes events as the recordings do.
func recordedForm(events []asl.Event) []map[string]any {
	var result []map[string]any
	for _, e := range events {
		m := map[string]any{"type": e.Type, "prev": float64(e.PrevID)}
		if !withoutName.MatchString(e.Type) {
			putText(m, "name", e.State)
		}
		if strings.HasSuffix(e.Type, "Scheduled") {
			putText(m, "resource", e.Resource)
			putText(m, "resourceType", e.ResourceType)
		}
		put(m, "input", e.Input)
		put(m, "output", e.Output)
		put(m, "arguments", e.Parameters)
		put(m, "credentials", e.Credentials)
		putText(m, "error", e.Error)
		putText(m, "cause", e.Cause)
		putText(m, "location", e.Location)
		if len(e.Assigned) > 0 {
			assigned := map[string]any{}
			for name, text := range e.Assigned {
				put(assigned, name, text)
			}
			m["assigned"] = assigned
		}
		if strings.HasPrefix(e.Type, "MapIteration") {
			m["index"] = float64(e.Index)
		}
		if e.Type == "MapStateStarted" {
			m["length"] = float64(e.Length)
		}
		if e.TimeoutInSeconds > 0 {
			m["timeoutInSeconds"] = float64(e.TimeoutInSeconds)
		}
		if e.HeartbeatInSeconds > 0 {
			m["heartbeatInSeconds"] = float64(e.HeartbeatInSeconds)
		}
		result = append(result, m)
	}
	return result
}

func put(m map[string]any, key string, text json.RawMessage) {
	if text == nil {
		return
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		value = err
	}
	m[key] = value
}

func putText(m map[string]any, key, value string) {
	if value != "" {
		m[key] = value
	}
}

// inRecordedOrder sorts our events as the recorded ones lie, within the ranges whose order the recording lost,
// and drops what such a recorded event does not tell (prev), as well as restored events' missing fields.
func inRecordedOrder(recorded, ours []map[string]any, unordered [][2]int) []map[string]any {
	result := append([]map[string]any(nil), ours...)
	for _, bounds := range unordered {
		for i := bounds[0] - 1; i < bounds[1] && i < len(result) && i < len(recorded); i++ {
			for j := i; j < bounds[1] && j < len(result); j++ {
				candidate := told(recorded[i], result[j])
				if reflect.DeepEqual(recorded[i], candidate) {
					result[j] = result[i]
					result[i] = candidate
					break
				}
			}
		}
	}
	for i := range result {
		if i < len(recorded) && recorded[i]["restored"] == true {
			result[i] = told(recorded[i], result[i])
			result[i]["restored"] = true
		}
	}
	return result
}

// told is our event without prev, if the recorded one has none.
func told(recorded, ours map[string]any) map[string]any {
	if _, ok := recorded["prev"]; ok {
		return ours
	}
	result := map[string]any{}
	for key, value := range ours {
		if key != "prev" {
			result[key] = value
		}
	}
	return result
}

func TestConformanceTakesNoTime(t *testing.T) {
	t.Parallel()
	began := time.Now()
	synctest.Test(t, func(t *testing.T) {
		m, err := asl.Parse("slow", []byte(`{"QueryLanguage":"JSONata","StartAt":"W","States":{"W":{"Type":"Wait","Seconds":86400,"End":true}}}`))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		result := new(asl.Interpreter).Execute(t.Context(), m, asl.ExecutionOptions{})
		if passed := time.Since(start); result.Status != asl.Succeeded || passed != 24*time.Hour {
			t.Errorf("%s after %v", result.Status, passed)
		}
	})
	if real := time.Since(began); real > 5*time.Second {
		t.Errorf("a simulated day took %v", real)
	}
}
