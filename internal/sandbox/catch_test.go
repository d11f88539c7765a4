package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

type catcher struct {
	ErrorEquals []string
	Next        string
}

// catchers lists each Catch of each Task of a machine, by state.
func catchers(t *testing.T, machine string) map[string][]catcher {
	t.Helper()
	text, err := statemachines.Text(machine)
	if err != nil {
		t.Fatal(err)
	}
	type state struct {
		Type          string
		Catch         []catcher
		ItemProcessor struct {
			States map[string]struct {
				Type  string
				Catch []catcher
			}
		}
	}
	var definition struct{ States map[string]state }
	if err := json.Unmarshal(text, &definition); err != nil {
		t.Fatal(err)
	}
	found := map[string][]catcher{}
	for name, s := range definition.States {
		if s.Type == "Task" {
			found[name] = s.Catch
		}
		for inner, i := range s.ItemProcessor.States {
			if i.Type == "Task" {
				found[inner] = i.Catch
			}
			if i.Type == "Task" && len(i.Catch) == 0 {
				found[inner] = s.Catch // the Map's
			}
		}
	}
	return found
}

// TestEveryCatchLeadsWhereItSays gives each Task each error that it catches, and follows where that leads.
func TestEveryCatchLeadsWhereItSays(t *testing.T) {
	for _, machine := range statemachines.Names() {
		for state, list := range catchers(t, machine) {
			for _, c := range list {
				for _, name := range c.ErrorEquals {
					t.Run(fmt.Sprintf("%s/%s/%s", machine, state, name), func(t *testing.T) {
						t.Parallel()
						thrown := name
						if name == "States.ALL" {
							thrown = "Internal"
						}
						tr := throwing(t, machine, state, thrown)
						if !tr.followed(machine, state, c.Next) {
							t.Errorf("%s did not lead to %s: %v", thrown, c.Next, distinct(tr.path))
						}
					})
				}
			}
		}
	}
}

// throwing runs the course on which a task is reached, and lets it fail with a name.
func throwing(t *testing.T, machine, state, name string) *trial {
	t.Helper()
	c := courseNamed(t, reach[machine][state])
	is := plant(machine, state, refused)
	c = c.with(func(o *Options) {
		before := o.Intercept
		o.Intercept = func(ctx context.Context, task asl.Task, perform func() (any, error)) (any, error) {
			if is(task) == refused {
				return nil, &asl.Error{Name: name, Cause: "planted"}
			}
			return before(ctx, task, perform)
		}
	})
	tr, _ := c.start(t, nil)
	return tr
}

// followed reports whether the state after one of the task's visits was next.
func (tr *trial) followed(machine, state, next string) bool {
	if machine == "restart-services" {
		state, next = "restart/"+state, "restart/"+next
	}
	at := slices.Index(tr.path, state)
	return at >= 0 && slices.Contains(tr.path[at+1:], next) && (next == tr.path[at+1] || strings.HasSuffix(state, "Region"))
}

// loop is a loop of a machine, and an answer with which it goes on turning until it gives up.
type loop struct {
	course, machine, state string
	answer                 map[string]any
	gaveUp, end            string
}

func loops() []loop {
	waiting := map[string]any{"verdict": "loading", "why": "for ever", "newTasks": []any{"a", "b", "c", "d"}, "oldRunning": 2, "healthy": 0, "oldHealthy": 0, "starting": 0, "startedBefore": 1, "stay": []any{}, "look": map[string]any{}}
	busy := map[string]any{"done": false, "running": 2, "leaving": 0, "gone": 0, "stopped": []any{}}
	return []loop{
		{"restart", "restart-services", "PollHealth", waiting, "restart/NeverHealthy", "FailedClean"},
		{"restart", "restart-services", "StopOldTasks", busy, "restart/OldTasksLinger", "FailedDirty"},
		{"restart", "restart-services", "ConfirmHealth", waiting, "restart/NotConfirmed", "FailedDirty"},
		{"restart", "restart-services", "ShrinkGroup", busy, "restart/InstancesLinger", "FailedDirty"},
		{"restart that reverts", "restart-services", "PollNewTasks", waiting, "restart/NewTasksLinger", "FailedDirty"},
		{"restart without protection", "restart-services", "StopOldTasksFirst", busy, "restart/OldTasksLinger", "FailedDirty"},
		{"restart without protection", "restart-services", "PollReplacements", waiting, "restart/ReplacementsNotHealthy", "FailedDirty"},
		{"update that tasks cannot load", "update-regions", "LookAgain", waiting, "ListLeft", "FailedDirty"},
		{"update", "update-regions", "BackUpRegion", map[string]any{"done": false}, "BackUpRegionTooLong", "FailedClean"},
		{"update", "update-regions", "OverwriteRegion", map[string]any{"done": false}, "OverwriteRegionTooLong", "FailedClean"},
		{"update that tasks cannot load", "update-regions", "RestoreRegion", map[string]any{"done": false}, "RestoreRegionTooLong", "FailedDirty"},
	}
}

// turn lets the loop turn until it gives up.
func (l loop) turn(t *testing.T, change func(*Options)) (*trial, *asl.Result) {
	t.Helper()
	is := plant(l.machine, l.state, refused)
	c := courseNamed(t, l.course).with(change).with(func(o *Options) {
		before := o.Intercept
		o.Intercept = func(ctx context.Context, task asl.Task, perform func() (any, error)) (any, error) {
			if is(task) == refused {
				return map[string]any{"Payload": l.answer, "StatusCode": 200}, nil
			}
			return before(ctx, task, perform)
		}
	})
	return c.start(t, nil)
}

func TestEveryLoopHasABound(t *testing.T) {
	for _, l := range loops() {
		t.Run(l.state, func(t *testing.T) {
			t.Parallel()
			tr, r := l.turn(t, func(*Options) {})
			tr.ended(r, asl.Failed, l.end)
			if !slices.Contains(tr.path, l.gaveUp) {
				t.Errorf("never came to %s: %v", l.gaveUp, distinct(tr.path))
			}
			tr.held()
		})
	}
}

// TestHungFunctionsTimeOut: a function that never answers is given up by its state's timeout, and the run ends.
func TestHungFunctionsTimeOut(t *testing.T) {
	t.Parallel()
	for machine, state := range map[string]string{"restart-services": "ScaleGroup", "update-regions": "OverwriteRegion"} {
		c := courseNamed(t, reach[machine][state])
		tr, r := c.start(t, plant(machine, state, hangs))
		tr.ended(r, asl.Failed, "FailedClean")
		tr.held()
		tr.truthful(c, r)
	}
}
