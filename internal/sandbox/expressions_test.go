package sandbox

import (
	"testing"

	"github.com/publicmapping/districtbuilder-ops/internal/jsonata/reference"
	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// TestShippedExpressionsMeanTheSameToTheReference evaluates every expression in statemachines/ with our engine and with the
// reference implementation that Step Functions follows: on the inputs of real runs, and on those with every list cut to
// none, one and two items.
func TestShippedExpressionsMeanTheSameToTheReference(t *testing.T) {
	if err := reference.Available(); err != nil {
		t.Skipf("the reference implementation cannot be run here: %v", err)
	}
	t.Parallel()
	var recorder reference.Recorder
	evaluateAll(t, func(o *Options) { o.OnEvaluate = recorder.Record })
	cases := recorder.Cases()
	reached := map[string]bool{}
	for _, c := range cases {
		reached[c.Expr] = true
	}
	distinct := map[string]bool{}
	deployed := newTrial(t)
	for _, name := range statemachines.Names() {
		for _, expression := range deployed.account.machines[deployed.env.Prefix()+name].Expressions() {
			e := expression.Text
			if !distinct[e] && !reached[e] {
				t.Errorf("no run evaluates %s", e)
			}
			distinct[e] = true
		}
	}
	recorded := len(cases)
	for _, c := range cases[:recorded:recorded] {
		lists, err := reference.WithLists(c)
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, lists...)
	}
	differences, err := reference.Compare(t.Context(), cases)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range differences {
		t.Error(d)
	}
	t.Logf("%d expressions, %d evaluations compared", len(distinct), len(cases))
	if len(distinct) < 100 || len(cases) < 4*len(distinct) {
		t.Error("that is less than the machines hold")
	}
}

// evaluateAll lets runs evaluate every expression of both machines.
func evaluateAll(t *testing.T, change func(*Options)) {
	t.Helper()
	for _, c := range courses {
		c.with(change).start(t, nil)
	}
	for _, l := range loops() {
		l.turn(t, change)
	}
	for _, f := range []struct{ course, machine, state string }{
		{"restart", "restart-services", "AcquireLock"},
		{"restart that cannot shrink", "restart-services", "ListLeft"},
		{"update", "update-regions", "InspectRegion"},
		{"update", "update-regions", "OverwriteRegion"},
		{"update", "update-regions", "CommitUpdate"},
		{"update that tasks cannot load", "update-regions", "RestoreRegion"},
		{"update that cannot bump", "update-regions", "ListLeft"},
		{"update during which an old task dies", "update-regions", "RestartAgain"},
		{"update during which an old task dies", "update-regions", "LookAgain"},
	} {
		courseNamed(t, f.course).with(change).start(t, plant(f.machine, f.state, refused))
	}
	newTrial(t, change).run("restart-services", map[string]any{"desired": 3})
	for _, more := range []map[string]any{{"dryRun": true}, {"reason": "test"}} {
		tr := newTrial(t, change)
		tr.upload()
		tr.run("update-regions", tr.input(more))
	}
}

// with adds an option to a course.
func (c course) with(option func(*Options)) course {
	before := c.options
	c.options = func(o *Options) {
		if before != nil {
			before(o)
		}
		option(o)
	}
	return c
}
