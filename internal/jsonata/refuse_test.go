package jsonata_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/publicmapping/districtbuilder-ops/internal/jsonata"
)

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, expr, why string }{
		{"elvis", "$a ?: 1", "2.1"},
		{"coalescing", "$a ?? 1", "2.1"},
		{"escaped quote", `'it\'s'`, `escape \'`},
		{"escaped quote in double quotes", `"it\'s"`, `escape \'`},
		{"eval", "$eval('1')", "no $eval"},
		{"values", "$values($o)", "no function $values"},
		{"flatten", "$flatten([1])", "no function $flatten"},
		{"clone", "$clone($o)", "no function $clone"},
		{"range outside an array", "1..3", "range"},
		{"range in a predicate", "$a[1..2]", "range"},
		{"wildcard", "$states.input.*", "wildcard"},
		{"wildcard after a map", "$map($a, function($v) {$v.*})", "wildcard"},
		{"context step", "$states.input.list.$", "x.$"},
		{"keep array after a predicate", "$a[b = 1][]", "[x[…]]"},
		{"list of indices", "$a[[0, 1]]", "indices"},
		{"grouping", "$a{id: v}", "$merge"},
		{"distinct as result", "$distinct($a)", "[$distinct(…)]"},
		{"distinct in a chain", "$a ~> $distinct", "[$distinct(…)]"},
		{"callback of two parameters", "$map($a, $toMillis)", "function($v)"},
		{"look-ahead", "$contains($a, /x(?=y)/)", "only JavaScript"},
		{"open string", "'abc", "not closed"},
		{"open comment", "1 /* abc", "not closed"},
		{"syntax", "1 +", "JSONata expression"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := jsonata.Compile(test.expr)
			if err == nil || !strings.Contains(err.Error(), test.why) {
				t.Errorf("Compile(%s): %v, want an error with %q", test.expr, err, test.why)
			}
		})
	}
}

func TestCompileAccepts(t *testing.T) {
	t.Parallel()
	for _, expr := range []string{
		"'a ?: b ?? c'", "$contains($a, /a??b?/)", "$a ? 1 : 2", "{'a': 1}.a", "[$distinct($a)]", "$count($distinct($a))", "$a.b[]", "[1..3]", "[[1..3], 5]",
		"2 * 3", "($x * 2)", "$a.{'id': id}", "function($x) {$x}(1)", "function($x)<n:n> {$x}(1)", "$a ~> |b|{'c': 1}|", "$a ~> $uppercase", "$map($a, $string)",
		"'it\\\\'", `"it's"`, "$f := function($n) {$n = 0 ? 1 : $n * $f($n - 1)}", "$values", "/* ?? */ 1", "$a/2/3", "`?:`.b", "$a.`odd name`",
	} {
		if _, err := jsonata.Compile(expr); err != nil {
			t.Errorf("%v", err)
		}
	}
}

func TestUses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, expr string
		want       jsonata.Uses
	}{
		{"fields of $states", "$states.input.a + $states.result.b", jsonata.Uses{States: []string{"input", "result"}, Named: []string{"states"}}},
		{"$states itself", "$string($states)", jsonata.Uses{States: []string{""}, Named: []string{"string", "states"}}},
		{"variables", "$x + $sum($y)", jsonata.Uses{Variables: []string{"x", "y"}, Named: []string{"x", "sum", "y"}}},
		{"bound inside", "($x := 1; function($y) {$x + $y + $z})", jsonata.Uses{Variables: []string{"z"}, Named: []string{"x", "y", "z"}}},
		{"unknown function", "$nosuch(1)", jsonata.Uses{Variables: []string{"nosuch"}, Named: []string{"nosuch"}}},
		{"no document", "states.input", jsonata.Uses{Unqualified: []string{"states"}}},
		{"bare context", "$ + $$.a", jsonata.Uses{Unqualified: []string{"$", "$$"}, Named: []string{"", "$"}}},
		{"names in a predicate", "$a[b = c and $ != d]", jsonata.Uses{Variables: []string{"a"}, Named: []string{"a", ""}}},
		{"names in a step", "$a.(b + c).{'d': e}", jsonata.Uses{Variables: []string{"a"}, Named: []string{"a"}}},
		{"names in a sort", "$a^(>b, c)", jsonata.Uses{Variables: []string{"a"}, Named: []string{"a"}}},
		{"names in a transform", "$a ~> |b|{'c': d}|", jsonata.Uses{Variables: []string{"a"}, Named: []string{"a"}}},
		{"name in a function", "$map($a, function($v) {b})", jsonata.Uses{Variables: []string{"a"}, Unqualified: []string{"b"}, Named: []string{"map", "a", "v"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			expression, err := jsonata.Compile(test.expr)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, expression.Uses()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
