package asl

import (
	"fmt"
	"maps"
)

// Validate returns what the service accepts but what can hardly be meant: a variable that nothing in sight assigns,
// an inner variable that hides an outer one, a Task without a time limit. Parse has found all that the service refuses.
func (m *Machine) Validate() []error {
	v := validator{reads: map[string][]Expression{}}
	for _, e := range m.expressions {
		v.reads[e.State] = append(v.reads[e.State], e)
	}
	v.graph(m.graph, map[string]bool{})
	return v.problems
}

type validator struct {
	reads    map[string][]Expression // by state
	problems []error
}

// graph checks a graph whose states see the outer variables.
func (v *validator) graph(g *graph, outer map[string]bool) {
	visible := maps.Clone(outer)
	for _, name := range g.order {
		for variable := range g.states[name].assigns() {
			visible[variable] = true
			if outer[variable] {
				v.problem(name, "assigns %s, which hides the variable of the same name outside", variable)
			}
		}
	}
	for _, name := range g.order {
		v.state(g, g.states[name], visible)
	}
}

func (v *validator) state(g *graph, s *state, visible map[string]bool) {
	for _, e := range v.reads[s.name] {
		for _, variable := range e.variables {
			if !visible[variable] {
				v.problem(s.name, "%s reads $%s, which nothing assigns", e.Path, variable)
			}
		}
	}
	if s.kind == "Task" && s.timeout == nil {
		v.problem(s.name, "has no TimeoutSeconds, so it may wait for ever")
	}
	inherited := map[string]bool{}
	if !s.distributed {
		inherited = g.assignedBeside(s, visible)
	}
	for _, inner := range s.graphs() {
		v.graph(inner, inherited)
	}
}

func (v *validator) problem(state, format string, args ...any) {
	v.problems = append(v.problems, fmt.Errorf("state %s %s", state, fmt.Sprintf(format, args...)))
}

// assigns is the set of variables that a state may assign, its rules and catchers included.
func (s *state) assigns() map[string]bool {
	names := map[string]bool{}
	outcomes := []outcome{s.outcome}
	for _, r := range s.rules {
		outcomes = append(outcomes, r.outcome)
	}
	for _, c := range s.catch {
		outcomes = append(outcomes, c.outcome)
	}
	for _, o := range outcomes {
		for _, a := range o.assign {
			names[a.name] = true
		}
	}
	return names
}

// assignedBeside is the set of visible variables without those that only the container itself assigns:
// it does so after its inner states have ended.
func (g *graph) assignedBeside(container *state, visible map[string]bool) map[string]bool {
	result := maps.Clone(visible)
	for name := range container.assigns() {
		delete(result, name)
	}
	for _, s := range g.states {
		if s != container {
			for name := range s.assigns() {
				result[name] = true
			}
		}
	}
	return result
}
