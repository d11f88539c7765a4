package asl_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

// taskFunc makes a function the Tasks of an interpreter.
type taskFunc func(ctx context.Context, t asl.Task) (any, error)

func (f taskFunc) Run(ctx context.Context, t asl.Task) (any, error) { return f(ctx, t) }

const lambda = `"Type":"Task","Resource":"arn:aws:states:::lambda:invoke"`

// machine parses states given as the members of States; the first one named is the start.
func machine(t testing.TB, states string) *asl.Machine {
	t.Helper()
	start, _, _ := strings.Cut(strings.TrimSpace(states)[1:], `"`)
	return parse(t, `{"QueryLanguage":"JSONata","StartAt":"`+start+`","States":{`+states+`}}`)
}

func parse(t testing.TB, definition string) *asl.Machine {
	t.Helper()
	m, err := asl.Parse("test", []byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// execute runs states and returns the result.
func execute(t testing.TB, in *asl.Interpreter, states, input string) *asl.Result {
	t.Helper()
	return in.Execute(t.Context(), machine(t, states), asl.ExecutionOptions{Name: "e", ID: "arn:e", Input: json.RawMessage(input)})
}

// expect checks how an execution ended: want is the output, or the error's name.
func expect(t testing.TB, result *asl.Result, status asl.Status, want string) {
	t.Helper()
	got := string(result.Output)
	if result.Status != asl.Succeeded {
		got = result.Error
	}
	if result.Status != status || got != want {
		t.Errorf("%s %s (%s), want %s %s", result.Status, got, result.Cause, status, want)
	}
}

// types lists the types of events, as one line.
func types(result *asl.Result) string {
	var names []string
	for _, e := range result.Events {
		names = append(names, e.Type)
	}
	return strings.Join(names, " ")
}
