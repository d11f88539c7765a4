package sandbox

import (
	"maps"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/jsonata"
	"github.com/publicmapping/districtbuilder-ops/internal/jsonata/reference"
	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// TestShippedExpressionsMeanTheSameToTheReference evaluates every expression in statemachines/ with our engine and with the
// reference implementation that Step Functions follows: on the inputs of real runs, and on those with every list cut to
// none, one and two items. An expression that no course reaches gets all variables that the runs have seen.
func TestShippedExpressionsMeanTheSameToTheReference(t *testing.T) {
	if err := reference.Available(); err != nil {
		t.Skipf("the reference implementation cannot be run here: %v", err)
	}
	var recorder reference.Recorder
	for _, c := range courses {
		c.with(func(o *Options) { o.OnEvaluate = recorder.Record }).start(t, nil)
	}
	cases := recorder.Cases()
	reached := map[string]bool{}
	for _, c := range cases {
		reached[c.Expr] = true
	}
	everything := union(cases)
	distinct := map[string]bool{}
	for _, name := range statemachines.Names() {
		for _, e := range expressions(t, name) {
			if distinct[e] {
				continue
			}
			if distinct[e] = true; !reached[e] {
				cases = append(cases, reference.Case{Expr: e, Bindings: everything})
			}
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
	t.Logf("%d expressions, of which runs reached %d; %d evaluations compared", len(distinct), len(reached), len(cases))
	if len(reached)*2 < len(distinct) || len(cases) < 4*len(distinct) {
		t.Error("that is less than the machines hold")
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

func expressions(t *testing.T, name string) (texts []string) {
	t.Helper()
	text, err := statemachines.Text(name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := asl.Parse(name, text)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range m.Expressions() {
		texts = append(texts, e.Text)
	}
	return texts
}

// union has every variable that any evaluation could see, and every part of $states.
func union(cases []reference.Case) map[string]any {
	all := map[string]any{}
	states := map[string]any{"errorOutput": map[string]any{"Error": "Planted", "Cause": "a failure that no run has seen"}}
	for _, c := range cases {
		for name, value := range c.Bindings {
			if name != "states" {
				all[name] = value
				continue
			}
			if parts, ok := jsonata.ToGo(value).(map[string]any); ok {
				maps.Copy(states, parts)
			}
		}
	}
	all["states"] = states
	return all
}
