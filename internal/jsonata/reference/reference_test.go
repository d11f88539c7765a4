package reference_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/publicmapping/districtbuilder-ops/internal/jsonata/reference"
)

func TestWithLists(t *testing.T) {
	t.Parallel()
	got, err := reference.WithLists(reference.Case{Expr: "$x", Bindings: map[string]any{"x": map[string]any{"a": []any{1, 2, 3}, "b": []any{}, "c": []any{[]any{"y"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	var lists []any
	for _, c := range got {
		lists = append(lists, c.Bindings["x"])
	}
	none := []any{}
	want := []any{
		map[string]any{"a": none, "b": none, "c": none},
		map[string]any{"a": []any{1.0}, "b": none, "c": []any{[]any{"y"}}},
		map[string]any{"a": []any{1.0, 2.0}, "b": none, "c": []any{[]any{"y", "y"}, []any{"y", "y"}}},
	}
	if diff := cmp.Diff(want, lists); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRecorder(t *testing.T) {
	t.Parallel()
	var r reference.Recorder
	for _, expr := range []string{"$x + 1", "$now()", "$x + 1", "$uuid()", "$x"} {
		r.Record(expr, map[string]any{"x": 1.0}, nil, nil)
	}
	r.Record("$x", map[string]any{"x": 2.0}, nil, nil)
	var got []string
	for _, c := range r.Cases() {
		got = append(got, c.Expr)
	}
	if diff := cmp.Diff([]string{"$x + 1", "$x", "$x"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestCompareFindsDifferences uses one that package jsonata documents.
func TestCompareFindsDifferences(t *testing.T) {
	t.Parallel()
	if err := reference.Available(); err != nil {
		t.Skip(err)
	}
	cases := []reference.Case{{Expr: "1 + 1"}, {Expr: "'' & [0.1 + 0.2]"}, {Expr: "$x{'k': v}", Bindings: map[string]any{"x": []any{}}}}
	differences, err := reference.Compare(t.Context(), cases)
	if err != nil {
		t.Fatal(err)
	}
	if len(differences) != 2 || differences[0].Ours != `"[0.30000000000000004]"` || differences[0].Theirs != `"[0.3]"` {
		t.Errorf("got %v", differences)
	}
}
