package reference

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/publicmapping/districtbuilder-ops/internal/jsonata"
)

// A Recorder gathers evaluations as cases, each once. Its method Record fits Interpreter.OnEvaluate of package asl.
type Recorder struct {
	mu    sync.Mutex
	seen  map[string]bool
	cases []Case
}

// Record adds an evaluation, unless its result depends on the clock or on chance.
func (r *Recorder) Record(expr string, bindings map[string]any, _ any, _ error) {
	if !repeatable(expr) {
		return
	}
	text, err := encode(bindings)
	if err != nil {
		return
	}
	key := expr + "\x00" + string(text)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	if !r.seen[key] {
		r.seen[key] = true
		r.cases = append(r.cases, Case{Expr: expr, Bindings: bindings})
	}
}

// Cases returns what has been recorded.
func (r *Recorder) Cases() []Case {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.cases)
}

func repeatable(expr string) bool {
	compiled, err := jsonata.Compile(expr)
	if err != nil {
		return false
	}
	return !slices.ContainsFunc(compiled.Uses().Named, func(name string) bool {
		return slices.Contains([]string{"now", "millis", "random", "uuid", "shuffle"}, name)
	})
}

// WithLists returns c with every list in its bindings cut, or filled up with its first item, to none, one and two
// items: JSONata treats these unlike each other.
func WithLists(c Case) ([]Case, error) {
	var result []Case
	for n := range 3 {
		bindings := map[string]any{}
		for name, value := range c.Bindings {
			text, err := encodeOne(value)
			if err != nil {
				return nil, fmt.Errorf("variable %s of %q: %w", name, c.Expr, err)
			}
			var plain any
			if err := json.Unmarshal(text, &plain); err != nil {
				return nil, fmt.Errorf("variable %s of %q: %w", name, c.Expr, err)
			}
			bindings[name] = resized(plain, n)
		}
		result = append(result, Case{Expr: c.Expr, Bindings: bindings})
	}
	return result, nil
}

// resized copies a value with n items in each list that has any.
func resized(value any, n int) any {
	switch value := value.(type) {
	case map[string]any:
		fields := make(map[string]any, len(value))
		for key, item := range value {
			fields[key] = resized(item, n)
		}
		return fields
	case []any:
		items := []any{}
		for i := 0; i < n && len(value) > 0; i++ {
			items = append(items, resized(value[min(i, len(value)-1)], n))
		}
		return items
	}
	return value
}
