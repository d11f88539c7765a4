package jsonata_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/internal/jsonata/reference"
)

// corpus reads testdata/corpus.json: every expression of a group with every input of it.
func corpus(t testing.TB) []reference.Case {
	t.Helper()
	text, err := os.ReadFile("testdata/corpus.json")
	if err != nil {
		t.Fatal(err)
	}
	var groups []struct {
		Name        string
		Inputs      []json.RawMessage
		Expressions []string
	}
	if err := json.Unmarshal(text, &groups); err != nil {
		t.Fatal(err)
	}
	var cases []reference.Case
	for _, group := range groups {
		for _, expr := range group.Expressions {
			for _, input := range group.Inputs {
				states := json.RawMessage(`{"input":` + string(input) + `}`)
				cases = append(cases, reference.Case{Expr: expr, Bindings: map[string]any{"states": states}})
			}
		}
	}
	return cases
}

func TestAgreesWithReference(t *testing.T) {
	if err := reference.Available(); err != nil {
		t.Skip(err)
	}
	cases := corpus(t)
	differences, err := reference.Compare(t.Context(), cases)
	if err != nil {
		t.Fatal(err)
	}
	for _, difference := range differences {
		t.Error(difference)
	}
	t.Logf("%d cases compared", len(cases))
}
