package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

// TestDataFollowsTheTasksThatServe is of courses on which a careless undo would leave tasks and data in disagreement.
func TestDataFollowsTheTasksThatServe(t *testing.T) {
	overwrite := plant("update-regions", "OverwriteRegion", afterEffect)
	tests := []struct {
		course
		ends string
	}{
		{course{name: "a task dies while data is overwritten, which then fails", base: slowly(overwrite), disturb: crash("update-regions", "OverwriteRegion")}, "FailedClean"},
		{course{name: "a task dies while data is restored", base: slowly(overwrite), disturb: crash("update-regions", "RestoreRegion")}, "FailedClean"},
		{course{name: "a task dies before its successors are seen", base: slowly(overwrite), disturb: crash("update-regions", "LookAtFleet")}, "FailedClean"},
		{course{name: "nobody sees the replacements, without protection", base: firstRestart("PollReplacements"), options: func(o *Options) { o.OldAgent = true }}, "FailedDirty"},
		{course{name: "one region cannot be overwritten", base: oneRegion("OverwriteRegion")}, "FailedClean"},
		{course{name: "one region cannot be backed up", base: oneRegion("BackUpRegion")}, "FailedClean"},
		{course{name: "one region cannot be restored", base: func(t asl.Task) failure { return max(overwrite(t), oneRegion("RestoreRegion")(t)) }}, "FailedDirty"},
		{course{name: "one region cannot be restored, and a task dies meanwhile",
			base: func(t asl.Task) failure { return max(overwrite(t), oneRegion("RestoreRegion")(t)) }, disturb: crash("update-regions", "RestoreRegion")}, "FailedDirty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.machine = "update-regions"
			tr, r := tt.start(t, nil)
			tr.ended(r, asl.Failed, tt.ends)
			tr.held()
			tr.truthful(tt.course, r)
		})
	}
}

// slowly makes the restore take some minutes: a task that starts meanwhile loads the new data.
func slowly(other func(asl.Task) failure) func(asl.Task) failure {
	calls := 0
	return func(t asl.Task) failure {
		if t.State == "RestoreRegion" {
			if calls++; calls <= 17 { // of two regions, each of which may be tried eleven times
				return refused
			}
		}
		return other(t)
	}
}

// oneRegion fails a state for Delaware alone.
func oneRegion(state string) func(asl.Task) failure {
	return func(t asl.Task) failure {
		arguments, _ := json.Marshal(t.Arguments)
		if t.State == state && strings.Contains(string(arguments), "/US/DE/") {
			return afterEffect
		}
		return none
	}
}

// TestARevertKeepsTheOldTasks undoes a restart while its tasks are still starting, with a scheduler that is late: were
// the old tasks unprotected as soon as no new one runs, ECS could take them instead.
func TestARevertKeepsTheOldTasks(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			c := courseNamed(t, "restart that reverts").with(func(o *Options) {
				o.Seed, o.Timing.Schedule, o.Timing.TaskStart = seed, 2*time.Minute, 10*time.Minute
			})
			looks := 0
			c.base = func(t asl.Task) failure {
				if t.State == "PollHealth" {
					if looks++; looks > 8 {
						return refused
					}
				}
				return none
			}
			tr, r := c.start(t, nil)
			tr.ended(r, asl.Failed, "FailedClean")
			tr.settle()
			tr.look("the end")
			tr.held()
			tr.truthful(c, r)
		})
	}
}

// TestRunsWhoseNamesBeginAlike: a nested restart's name is made of the run's, which may be as long as a name can be.
func TestRunsWhoseNamesBeginAlike(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.upload()
	text, err := json.Marshal(tr.input(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, last := range "ab" {
		name := strings.Repeat("x", 79) + string(last)
		if r := tr.executeAs(name, tr.env.Prefix()+"update-regions", text); r.Status != asl.Succeeded {
			t.Errorf("run %s: %s %s", name, r.Error, r.Cause)
		}
		tr.settle()
		tr.clock.set(tr.account.Now())
	}
}
