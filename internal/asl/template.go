package asl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/internal/jsonata"
)

// A template is a JSON value in which strings of the form {% … %} are expressions.
type template struct {
	path     string // where it stands in its state, for messages
	constant any    // the whole value, if no expression is in it
	expr     *jsonata.Expression
	keys     []string    // of an object, beside items
	items    []*template // of an object or an array
}

// fields is what an object of package jsonata offers.
type fields interface {
	Keys() []string
	Get(key string) (any, bool)
}

// A place says which fields of $states an expression may use beside input and context.
type place int

const (
	plain       place = iota
	afterResult       // a Task's, Parallel's or Map's Assign and Output
	afterError        // a catcher's Assign and Output
)

// template compiles the value that stands at path.
func (p *parser) template(path string, value any, at place) *template {
	t := &template{path: path}
	switch value := value.(type) {
	case string:
		if strings.HasPrefix(value, "{%") {
			t.expr = p.expression(path, value, at)
			return t
		}
	case []any:
		for i, item := range value {
			t.items = append(t.items, p.template(fmt.Sprintf("%s[%d]", path, i), item, at))
		}
	case fields:
		for _, key := range value.Keys() {
			item, _ := value.Get(key)
			t.keys = append(t.keys, key)
			t.items = append(t.items, p.template(path+"/"+key, item, at))
		}
	}
	if !slices.ContainsFunc(t.items, func(item *template) bool { return item.constant == nil }) {
		return &template{path: path, constant: value}
	}
	return t
}

// expression compiles the text of one expression string.
func (p *parser) expression(path, text string, at place) *jsonata.Expression {
	inner, closed := strings.CutSuffix(strings.TrimPrefix(text, "{%"), "%}")
	if !closed {
		p.problem(path, "the expression begins with {%% but does not end with %%}")
		return nil
	}
	inner = strings.TrimSpace(inner)
	compiled, err := jsonata.Compile(inner)
	if err != nil {
		p.problem(path, "%w", err)
		return nil
	}
	p.machine.expressions = append(p.machine.expressions,
		Expression{State: p.state, Path: path, Text: inner, variables: compiled.Uses().Variables})
	for _, name := range compiled.Uses().Unqualified {
		p.problem(path, "%q stands alone, but there is no document to find it in: begin with $states or a variable", name)
	}
	for _, field := range compiled.Uses().States {
		if !slices.Contains(allowed[at], field) {
			p.problem(path, "$states.%s is not to be had here, only %s", field, strings.Join(allowed[at][1:], ", "))
		}
	}
	return compiled
}

// allowed lists the fields of $states in each place; "" is $states itself.
var allowed = map[place][]string{
	plain:       {"", "input", "context"},
	afterResult: {"", "input", "context", "result"},
	afterError:  {"", "input", "context", "errorOutput"},
}

// evaluate computes the value. what it needs from the state comes through e.
func (t *template) evaluate(e *evaluation) (any, *failure) {
	switch {
	case t.constant != nil:
		return t.constant, nil
	case t.expr != nil:
		return e.expression(t.path, t.expr)
	case t.keys == nil:
		return t.evaluateArray(e)
	}
	members := make([]jsonata.Member, len(t.keys))
	for i, key := range t.keys {
		value, failed := t.items[i].evaluate(e)
		if failed != nil {
			return nil, failed
		}
		members[i] = jsonata.Member{Key: key, Value: value}
	}
	return jsonata.Object(members...), nil
}

func (t *template) evaluateArray(e *evaluation) (any, *failure) {
	values := make([]any, len(t.items))
	for i, item := range t.items {
		value, failed := item.evaluate(e)
		if failed != nil {
			return nil, failed
		}
		values[i] = value
	}
	return values, nil
}
