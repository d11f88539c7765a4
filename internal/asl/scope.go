package asl

// Limits in bytes for variables: one variable and all of one Assign together, and all of an execution.
const (
	maxVariable  = 256 << 10
	maxVariables = 10 << 20
)

// A scope holds the variables of a machine, a branch or an iteration. An inner scope reads the outer one,
// but sets its own variables only; they end with it. Only the goroutine of its own graph writes to a scope,
// and never while inner ones run.
type scope struct {
	outer *scope
	own   map[string]*datum
}

func newScope(outer *scope) *scope { return &scope{outer: outer, own: map[string]*datum{}} }

func (s *scope) lookup(name string) (*datum, bool) {
	for ; s != nil; s = s.outer {
		if d, ok := s.own[name]; ok {
			return d, true
		}
	}
	return nil, false
}

// set assigns variables, all at once, unless they are too large.
func (s *scope) set(variables map[string]*datum) *failure {
	together := 0
	for _, d := range variables {
		together += len(d.text)
	}
	total := together
	for name, d := range s.own {
		if _, replaced := variables[name]; !replaced {
			total += len(d.text)
		}
	}
	for outer := s.outer; outer != nil; outer = outer.outer {
		for _, d := range outer.own {
			total += len(d.text)
		}
	}
	if together > maxVariable || total > maxVariables {
		return &failure{name: errDataLimitExceeded, cause: "The size of the variables exceeds the maximum number of bytes service limit."}
	}
	for name, d := range variables {
		s.own[name] = d
	}
	return nil
}
