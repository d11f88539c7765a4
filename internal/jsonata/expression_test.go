package jsonata_test

import (
	"errors"
	"fmt"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/jsonata"
)

// evaluate returns the result's JSON text, "undefined" or "error".
func evaluate(t testing.TB, expr string, settings jsonata.Settings, bindings map[string]any) string {
	t.Helper()
	expression, err := jsonata.Compile(expr)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	for name, plain := range bindings {
		if values[name], err = jsonata.FromGo(plain); err != nil {
			t.Fatal(err)
		}
	}
	value, ok, err := expression.EvalWith(values, settings)
	if err != nil {
		return "error"
	}
	if !ok {
		return "undefined"
	}
	text, err := jsonata.Encode(value)
	if errors.Is(err, jsonata.ErrUnsupported) {
		return "unsupported"
	}
	return string(text)
}

func TestEval(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 20, 4, 5, 120_456_789, time.FixedZone("", 3600))
	fixed := jsonata.Settings{Now: func() time.Time { return at }, Random: func() float64 { return 0.25 }, UUID: func() string { return "u-1" }}
	bindings := map[string]any{"list": []any{map[string]any{"id": "a", "n": 1}, map[string]any{"id": "b", "n": 2}}, "none": nil, "nested": [][]int{{1}, {2, 3}}}
	tests := []struct{ name, expr, want string }{
		{"one match is the item", "$filter($list, function($v) {$v.n = 1}).id", `"a"`},
		{"one match kept as a list", "[$filter($list, function($v) {$v.n = 1}).id]", `["a"]`},
		{"no match is undefined", "$filter($list, function($v) {$v.n = 9})", "undefined"},
		{"null is not undefined", "$none", "null"},
		{"null exists", "$exists($none)", "true"},
		{"unknown variable", "$missing", "undefined"},
		{"now", "$now()", `"2026-11-22T19:04:05.120Z"`},
		{"now with a picture", "$now('[H01]:[m01]', '+0100')", `"20:04"`},
		{"millis", "$millis()", "1795374245120"},
		{"random", "$random()", "0.25"},
		{"seeded random repeats", "$random(7) = $random(7)", "true"},
		{"uuid", "$uuid()", `"u-1"`},
		{"shuffle keeps what it shuffles", "$sort($shuffle([3, 1, 2]))", "[1,2,3]"},
		{"hash", "$hash('abc', 'SHA-256')", `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`},
		{"hash of an unknown kind", "$hash('abc', 'SHA-3')", "error"},
		{"partition", "$partition([1..5], 2)", "[[1,2],[3,4],[5]]"},
		{"partition by nothing", "$partition([1], 0)", "error"},
		{"range", "$range(1, 9, 2)", "[1,3,5,7,9]"},
		{"range of one number", "$range(1, 9, 9)", "1"},
		{"range without a step", "$range(1, 9, 0)", "error"},
		{"huge range", "$range(0, 1e12, 1)", "error"},
		{"parse", `$parse('{"b":[1,null],"a":1.0}')`, `{"b":[1,null],"a":1}`},
		{"parse of no JSON", "$parse('{')", "error"},
		{"order of keys is kept", `$string($parse('{"b":1,"a":2}'))`, `"{\"b\":1,\"a\":2}"`},
		{"numbers as JavaScript writes them", "[1.0, 1e21, 1e-7, -0, 0.1 + 0.2]", "[1,1e+21,1e-7,0,0.30000000000000004]"},
		{"string hides binary fractions", "$string([0.1 + 0.2])", `"[0.3]"`},
		{"division by zero", "1 / 0", "unsupported"},
		{"overflow", "1e308 * 10", "error"},
		{"function", "function($x) {$x}", "unsupported"},
		{"regular expression", "/a/", "unsupported"},
		{"match", "$match('xé1', /[0-9]/)", `{"match":"1","index":2,"groups":[]}`},
		{"group that took no part", "$match('a', /a(b)?/).groups", "[null]"},
		{"type error", "1 + 'a'", "error"},
		{"endless recursion", "($f := function($n) {1 + $f($n)}; $f(1))", "error"},
		{"missing function", "$values", "undefined"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := evaluate(t, test.expr, fixed, bindings); got != test.want {
				t.Errorf("%s is %s, want %s", test.expr, got, test.want)
			}
		})
	}
}

func TestOneMomentAnEvaluation(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 20, 4, 5, 0, time.UTC)
	ticking := jsonata.Settings{Now: func() time.Time { at = at.Add(time.Second); return at }}
	if got := evaluate(t, "[$millis() = $millis(), $toMillis($now()) = $millis()]", ticking, nil); got != "[true,true]" {
		t.Errorf("the clock went on during an evaluation: %s", got)
	}
}

func TestRandomDefaults(t *testing.T) {
	t.Parallel()
	uuid := regexp.MustCompile(`^"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"$`)
	seen := map[string]bool{}
	for range 100 {
		got := evaluate(t, "$uuid()", jsonata.Settings{}, nil)
		if !uuid.MatchString(got) || seen[got] {
			t.Fatalf("$uuid() gave %s", got)
		}
		seen[got] = true
	}
	if got := evaluate(t, "($r := $random(); $r >= 0 and $r < 1)", jsonata.Settings{}, nil); got != "true" {
		t.Errorf("$random() is outside of 0 to 1")
	}
	if got := evaluate(t, "$millis() > 1600000000000", jsonata.Settings{}, nil); got != "true" {
		t.Errorf("$millis() is not the time")
	}
}

// TestConcurrentEvaluations would see values of another goroutine, and the race detector shared memory.
func TestConcurrentEvaluations(t *testing.T) {
	t.Parallel()
	expression, err := jsonata.Compile("($map([1..3], function($v, $i) {$uppercase($id) & $string($v + $i)}) ~> $join('-')) & $string($filter([$n, -1], function($v) {$v > 0}))")
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			for i := range 200 {
				id := fmt.Sprintf("g%d", g)
				value, _, err := expression.Eval(map[string]any{"id": id, "n": float64(i + 1)})
				if want := fmt.Sprintf("G%d1-G%d3-G%d5%d", g, g, g, i+1); err != nil || value != want {
					t.Errorf("got %v (%v), want %s", value, err, want)
					return
				}
			}
		})
	}
	wait.Wait()
}

func TestErrorHasCode(t *testing.T) {
	t.Parallel()
	expression, err := jsonata.Compile("$nosuch(1)")
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = expression.Eval(nil)
	var failed *jsonata.Error
	if !errors.As(err, &failed) || failed.Code != "T1006" {
		t.Errorf("got %v, want T1006", err)
	}
}
