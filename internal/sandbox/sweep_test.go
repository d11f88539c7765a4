package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/regiongen"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// course is a way through a machine, on which failures are planted at every task in turn.
type course struct {
	name    string
	machine string
	faults  []regiongen.Fault
	options func(*Options)
	base    func(asl.Task) failure // a failure that makes this course what it is
	disturb func(*trial, asl.Task) // what happens meanwhile, before a task
}

// firstRestart fails a state of an update's first nested restart only.
func firstRestart(state string) func(asl.Task) failure {
	return func(t asl.Task) failure {
		if t.State == state && strings.HasSuffix(t.ExecutionID, "-restart") {
			return refused
		}
		return none
	}
}

// crash lets an old task die when a state of a machine is first reached: the service starts another, which loads
// whatever is live.
func crash(machine, state string) func(*trial, asl.Task) {
	is := plant(machine, state, refused)
	return func(tr *trial, t asl.Task) {
		if is(t) == refused && tr.attempts[state] == 1 {
			tr.audit.Excuse()
			tr.account.Outside(func() { _ = tr.env.Fleet.KillTask(tr.audit.OldTasks()[0], 137) })
		}
	}
}

// courses reach every task of both machines; TestCoursesReachEveryTask proves it.
var courses = []course{
	{name: "restart", machine: "restart-services"},
	{name: "restart that reverts", machine: "restart-services", base: plant("restart-services", "PollHealth", refused)},
	{name: "restart without protection", machine: "restart-services", options: func(o *Options) { o.OldAgent = true }},
	{name: "update", machine: "update-regions"},
	{name: "update that tasks cannot load", machine: "update-regions", faults: []regiongen.Fault{regiongen.BadTopology}},
	{name: "update that cannot bump", machine: "update-regions", base: plant("update-regions", "BumpVersions", refused)},
	{name: "update whose backup fails", machine: "update-regions", base: plant("update-regions", "BackUpRegion", refused)},
	{name: "update whose restart leaves the fence", machine: "update-regions", base: firstRestart("UnfenceGroup")},
	{name: "update during which an old task dies", machine: "update-regions", disturb: crash("restart-services", "PollHealth"), base: firstRestart("ProtectTasks")},
	{name: "restart that cannot shrink", machine: "restart-services", base: plant("restart-services", "ShrinkService", refused)},
	{name: "update without protection", machine: "update-regions", options: func(o *Options) { o.OldAgent = true }},
	{name: "update that cannot shrink", machine: "update-regions", base: plant("restart-services", "ShrinkService", refused)},
}

func (c course) start(t *testing.T, fail func(asl.Task) failure) (*trial, *asl.Result) {
	t.Helper()
	tr := c.prepare(t, fail)
	input := map[string]any{}
	if c.machine == "update-regions" {
		input = tr.input(nil)
	}
	return tr, tr.run(c.machine, input)
}

// prepare makes the account in which the course is to be run.
func (c course) prepare(t *testing.T, fail func(asl.Task) failure) *trial {
	t.Helper()
	options := []func(*Options){asNastyAsAWS(t.Name())}
	if c.options != nil {
		options = append(options, c.options)
	}
	tr := newTrial(t, options...)
	tr.fail = func(task asl.Task) failure {
		if c.disturb != nil {
			c.disturb(tr, task)
		}
		if fail != nil {
			if f := fail(task); f != none {
				return f
			}
		}
		if c.base != nil {
			return c.base(task)
		}
		return none
	}
	if c.machine == "update-regions" {
		tr.upload(c.faults...)
	}
	return tr
}

// asNastyAsAWS gives each test its own stale reads, throttles, lost answers and late logs: the same each time it is run.
func asNastyAsAWS(name string) func(*Options) {
	return func(o *Options) {
		mild, seed := fleetsim.Mild(), fnv.New64a()
		_, _ = seed.Write([]byte(name))
		o.Faults, o.Seed = &mild, seed.Sum64()
	}
}

// tasks lists the Task states of a machine, those inside Maps too.
func tasks(t *testing.T, machine string) []string {
	t.Helper()
	text, err := statemachines.Text(machine)
	if err != nil {
		t.Fatal(err)
	}
	var definition struct{ States map[string]json.RawMessage }
	if err := json.Unmarshal(text, &definition); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(definition.States)) {
		var state struct {
			Type          string
			ItemProcessor struct {
				States map[string]struct{ Type string }
			}
		}
		if err := json.Unmarshal(definition.States[name], &state); err != nil {
			t.Fatal(err)
		}
		if state.Type == "Task" {
			names = append(names, name)
		}
		for inner, s := range state.ItemProcessor.States {
			if s.Type == "Task" {
				names = append(names, inner)
			}
		}
	}
	return names
}

// reach says on which course a task is first reached.
var reach = map[string]map[string]string{
	"restart-services": {
		"AcquireLock": "restart", "SurveyFleet": "restart", "FenceGroup": "restart", "ScaleGroup": "restart", "ScaleService": "restart",
		"PollHealth": "restart", "ProtectTasks": "restart", "ShrinkService": "restart", "StopOldTasks": "restart", "ConfirmHealth": "restart",
		"UnprotectTasks": "restart", "ShrinkGroup": "restart", "UnfenceGroup": "restart", "ReleaseLock": "restart",
		"ProtectOldTasks": "restart that reverts", "RevertService": "restart that reverts", "PollNewTasks": "restart that reverts",
		"StopOldTasksFirst": "restart without protection", "PollReplacements": "restart without protection", "LowerService": "restart without protection",
		"ListLeft": "restart that cannot shrink",
	},
	"update-regions": {
		"FindRegions": "update", "InspectRegion": "update", "SurveyFleet": "update", "PlanUpdate": "update", "AcquireLock": "update", "ConfirmRegions": "update",
		"BackUpRegion": "update", "OverwriteRegion": "update", "RestartServices": "update", "BumpVersions": "update", "ReleaseLock": "update",
		"CommitUpdate": "update", "RestartAgain": "update during which an old task dies",
		"LookAtFleet": "update that tasks cannot load", "RestoreRegion": "update that tasks cannot load", "LookAgain": "update that tasks cannot load", "CheckLeft": "update that tasks cannot load",
		"ReleaseLockUnchanged": "update whose backup fails", "ListLeft": "update that cannot bump",
	},
}

func courseNamed(t *testing.T, name string) course {
	t.Helper()
	i := slices.IndexFunc(courses, func(c course) bool { return c.name == name })
	if i < 0 {
		t.Fatalf("no course %q", name)
	}
	return courses[i]
}

// TestEveryTaskMayFail plants a failure at every task of both machines, on a course that reaches it.
// Whatever fails, the run ends in one of its three ends, the invariants hold after every state, and what the end says is true.
func TestEveryTaskMayFail(t *testing.T) {
	for _, machine := range statemachines.Names() {
		for _, state := range tasks(t, machine) {
			for _, what := range []failure{refused, afterEffect, lostOnce} {
				if what == lostOnce && (state == "RestartServices" || state == "RestartAgain") {
					continue // Step Functions itself watches the nested execution: there is no answer to lose
				}
				t.Run(fmt.Sprintf("%s/%s/%s", machine, state, [...]string{"", "refused", "after its effect", "answer lost once"}[what]), func(t *testing.T) {
					t.Parallel()
					c := courseNamed(t, reach[machine][state])
					tr, r := c.start(t, plant(machine, state, what))
					tr.reached(machine, state)
					tr.held()
					if what == lostOnce {
						tr.sameEnd(c, r)
					}
					tr.truthful(c, r)
				})
			}
		}
	}
}

// nested says on which update a course of restart-services is the restart inside it.
var nested = map[string]string{
	"restart": "update", "restart that reverts": "update that tasks cannot load", "restart without protection": "update without protection",
	"restart that cannot shrink": "update that cannot shrink",
}

// TestEveryNestedTaskMayFail plants failures in the restart inside an update, where the data must follow the fleet.
func TestEveryNestedTaskMayFail(t *testing.T) {
	for state, on := range reach["restart-services"] {
		if state == "ReleaseLock" {
			continue // the lock is the parent's
		}
		for _, what := range []failure{refused, afterEffect} {
			t.Run(fmt.Sprintf("%s/%s", state, [...]string{"", "refused", "after its effect"}[what]), func(t *testing.T) {
				t.Parallel()
				c := courseNamed(t, nested[on])
				tr, r := c.start(t, plant("restart-services", state, what))
				tr.reached("restart-services", state)
				tr.held()
				tr.truthful(c, r)
			})
		}
	}
}

// TestEveryActionMayBeRepeated does everything twice on every course: each function is called again with the same input
// before its first answer is heard.
func TestEveryActionMayBeRepeated(t *testing.T) {
	for _, c := range courses {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr, r := c.with(func(o *Options) {
				before := o.Intercept
				o.Intercept = func(ctx context.Context, task asl.Task, perform func() (any, error)) (any, error) {
					if strings.Contains(task.Resource, "startExecution") {
						return before(ctx, task, perform) // which Step Functions itself does
					}
					return before(ctx, task, func() (any, error) {
						_, _ = perform()
						return perform()
					})
				}
			}).start(t, nil)
			tr.sameEnd(c, r)
			tr.held()
			tr.truthful(c, r)
		})
	}
}

func (tr *trial) reached(machine, state string) {
	tr.t.Helper()
	if tr.attempts[state] == 0 {
		tr.t.Errorf("%s of %s was not reached: %v", state, machine, distinct(tr.path))
	}
}

// ends are those of the courses when nothing more fails.
var ends = map[string]string{
	"restart": "", "restart that reverts": "FailedClean", "restart without protection": "", "restart that cannot shrink": "FailedDirty",
	"update without protection": "", "update that cannot shrink": "FailedDirty",
	"update": "", "update that tasks cannot load": "FailedClean", "update that cannot bump": "FailedDirty", "update whose restart leaves the fence": "FailedDirty", "update during which an old task dies": "FailedClean", "update whose backup fails": "FailedClean",
}

// sameEnd: an answer that was lost once makes no difference.
func (tr *trial) sameEnd(c course, r *asl.Result) {
	tr.t.Helper()
	if r.Error != ends[c.name] {
		tr.t.Errorf("a lost answer changed the end to %s %s, want %q: %s", r.Status, r.Error, ends[c.name], r.Cause)
	}
}

// truthful checks that the world is as the end says.
func (tr *trial) truthful(c course, r *asl.Result) {
	tr.t.Helper()
	switch {
	case r.Status == asl.Succeeded && c.machine == "update-regions":
		tr.must(tr.audit.Updated)
		tr.must(tr.audit.Restored)
		tr.settle()
		tr.must(tr.audit.Served)
	case r.Status == asl.Succeeded:
		tr.must(tr.audit.Restored)
		for _, old := range tr.audit.Replaced() {
			tr.t.Error(old)
		}
	case r.Error == "FailedClean":
		tr.must(tr.audit.Restored)
		tr.must(tr.audit.Unchanged)
		tr.settle() // a task that is loading now serves soon
		tr.must(tr.audit.Served)
	case r.Error == "FailedDirty":
		tr.followCommands(c, r)
	default:
		tr.t.Errorf("ended %s %s: %s", r.Status, r.Error, r.Cause)
	}
}

func TestCoursesReachEveryTask(t *testing.T) {
	for _, machine := range statemachines.Names() {
		for _, state := range tasks(t, machine) {
			if reach[machine][state] == "" {
				t.Errorf("%s of %s is on no course", state, machine)
			}
		}
	}
}
