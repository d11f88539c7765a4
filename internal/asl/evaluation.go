package asl

import (
	"fmt"

	"github.com/publicmapping/districtbuilder-ops/internal/jsonata"
)

// An evaluation is what expressions of one visit of a state see.
type evaluation struct {
	strand *strand
	visit  *visit
	result *datum // $states.result, nil where there is none
	err    any    // $states.errorOutput, nil where there is none
}

// expression evaluates one expression. An undefined result is a failure.
func (e *evaluation) expression(path string, expr *jsonata.Expression) (any, *failure) {
	bindings := e.bindings(expr.Uses())
	in := e.strand.run.in
	value, ok, err := expr.EvalWith(bindings, jsonata.Settings{Now: in.clock().Now, Random: in.Random, UUID: in.UUID})
	if in.OnEvaluate != nil {
		in.OnEvaluate(expr.String(), bindings, value, err)
	}
	if err != nil {
		return nil, e.failed(path, "The JSONata expression '%s' specified for the field '%s' threw an error during evaluation. %s", expr, path, err)
	}
	if !ok {
		return nil, e.failed(path, "The JSONata expression '%s' specified for the field '%s' returned nothing (undefined).", expr, path)
	}
	if _, err := jsonata.Encode(value); err != nil {
		return nil, e.failed(path, "The JSONata expression '%s' specified for the field '%s' returned an unsupported result type.", expr, path)
	}
	return value, nil
}

// bindings gathers the variables that an expression names, and of $states what it uses.
func (e *evaluation) bindings(uses jsonata.Uses) map[string]any {
	bindings := make(map[string]any, len(uses.Named))
	for _, name := range uses.Named {
		if name == "states" {
			bindings[name] = e.states(uses.States)
		} else if d, ok := e.strand.scope.lookup(name); ok {
			bindings[name] = d.value
		}
	}
	return bindings
}

// states builds $states with the given fields; "" asks for all.
func (e *evaluation) states(used []string) any {
	var members []jsonata.Member
	add := func(key string, value func() any) {
		for _, name := range used {
			if name == key || name == "" {
				members = append(members, jsonata.Member{Key: key, Value: value()})
				return
			}
		}
	}
	add("input", func() any { return e.visit.input.value })
	add("context", func() any { return e.strand.context(e.visit) })
	if e.result != nil {
		add("result", func() any { return e.result.value })
	}
	if e.err != nil {
		add("errorOutput", func() any { return e.err })
	}
	return jsonata.Object(members...)
}

// failed is the failure of an expression at location, which may be empty.
func (e *evaluation) failed(location, format string, args ...any) *failure {
	return e.strand.evaluationFailed(e.visit, location, fmt.Sprintf(format, args...))
}

// unexpected is the failure of a result of the wrong type.
func (e *evaluation) unexpected(t *template, want string, value any) *failure {
	shown, err := jsonata.Encode(value)
	if err != nil {
		shown = []byte(jsonata.TypeName(value))
	}
	return e.failed(t.path, "The JSONata expression '%s' specified for the field '%s' returned an unexpected result type. Expected '%s', but was '%s' for value: %s",
		t.expr, t.path, want, jsonata.TypeName(value), shown)
}

// number evaluates a number from least to most.
func (e *evaluation) number(t *template, least, most float64) (float64, *failure) {
	value, failed := t.evaluate(e)
	if failed != nil {
		return 0, failed
	}
	n, ok := value.(float64)
	if !ok {
		return 0, e.unexpected(t, "number", value)
	}
	if n < least || n > most {
		return 0, e.failed(t.path, "The JSONata expression '%s' specified for the field '%s' returned %v, which is not from %v to %v.", t.expr, t.path, n, least, most)
	}
	return n, nil
}

// text evaluates a string.
func (e *evaluation) text(t *template) (string, *failure) {
	if t == nil {
		return "", nil
	}
	value, failed := t.evaluate(e)
	if failed != nil {
		return "", failed
	}
	text, ok := value.(string)
	if !ok {
		return "", e.unexpected(t, "string", value)
	}
	return text, nil
}

// datum evaluates any value, which must stay under the payload limit.
func (e *evaluation) datum(t *template) (*datum, *failure) {
	value, failed := t.evaluate(e)
	if failed != nil {
		return nil, failed
	}
	d, err := newDatum(value)
	if err != nil {
		return nil, e.failed(t.path, "The field '%s' has an unsupported type.", t.path)
	}
	if d.tooLarge() {
		return nil, tooLarge(e.visit.state.name)
	}
	return d, nil
}

// outcome evaluates Assign and Output, both on the variables as they are. fallback is the output without Output.
func (e *evaluation) outcome(o outcome, fallback *datum) (*effect, *failure) {
	result := &effect{output: fallback}
	for _, a := range o.assign {
		d, failed := e.datum(a.value)
		if failed != nil {
			return nil, failed
		}
		if result.assigned == nil {
			result.assigned = map[string]*datum{}
		}
		result.assigned[a.name] = d
	}
	if o.output != nil {
		d, failed := e.datum(o.output)
		if failed != nil {
			return nil, failed
		}
		result.output = d
	}
	return result, nil
}
