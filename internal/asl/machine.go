package asl

import (
	"errors"
	"time"
)

// A Machine is a parsed definition. It is only read, so many executions may share it.
type Machine struct {
	Name    string
	Comment string

	timeout     time.Duration // TimeoutSeconds of the whole execution, 0 is none
	graph       *graph
	expressions []Expression
}

// An Expression is one JSONata expression of a definition.
type Expression struct {
	State string
	Path  string // field in the state: Arguments/Payload/region, Choices[0]/Condition
	Text  string // without {% and %}

	variables []string // that it reads and does not bind itself
}

// Expressions lists every JSONata expression of the machine, in the order of the text.
func (m *Machine) Expressions() []Expression { return append([]Expression(nil), m.expressions...) }

// States lists the names of all states, nested ones included, in the order of the text.
func (m *Machine) States() []string {
	var names []string
	m.graph.walk(func(s *state) { names = append(names, s.name) })
	return names
}

// A graph is what has StartAt and States: a machine, a branch, an item processor.
type graph struct {
	startAt string
	states  map[string]*state
	order   []string
}

// walk visits all states, the nested ones after their container.
func (g *graph) walk(visit func(*state)) {
	for _, name := range g.order {
		s := g.states[name]
		visit(s)
		for _, inner := range s.graphs() {
			inner.walk(visit)
		}
	}
}

// A state holds the fields of all types; those of other types than its own are zero.
type state struct {
	name, kind string
	next       string // empty if the state ends its graph
	outcome           // Assign and Output

	arguments *template // Task, Parallel
	retry     []retrier // Task, Parallel, Map
	catch     []catcher // Task, Parallel, Map

	resource    resource  // Task
	credentials *template // Task
	timeout     *template // Task
	heartbeat   *template // Task

	rules []rule // Choice, whose next is its Default

	seconds, timestamp *template // Wait, one of them

	errorName, cause *template // Fail

	branches []*graph // Parallel

	processor           *graph // Map
	distributed         bool
	items               *template
	selector            *template
	concurrency         *template
	toleratedCount      *template
	toleratedPercentage *template
}

// graphs returns the graphs inside the state.
func (s *state) graphs() []*graph {
	if s.processor != nil {
		return []*graph{s.processor}
	}
	return s.branches
}

// An outcome says what a state, a choice rule or a catcher leaves behind.
type outcome struct {
	assign []assignment
	output *template // nil: the default of the place
}

// An assignment sets one variable.
type assignment struct {
	name  string
	value *template
}

// A rule is one of a Choice's rules.
type rule struct {
	condition *template
	next      string
	outcome
}

// A retrier says which errors to try again, and when.
type retrier struct {
	errorEquals []string
	interval    float64 // seconds
	attempts    int
	rate        float64
	maxDelay    float64 // seconds, 0 is none
	jitter      bool    // JitterStrategy FULL
}

// A catcher says where to go on after errors.
type catcher struct {
	errorEquals []string
	next        string
	outcome
}

// Parse reads a definition: its syntax, and all that the service checks when a machine is created. The error holds
// every problem found, each with the place where it stands. name is the machine's name.
func Parse(name string, text []byte) (*Machine, error) {
	p := &parser{machine: &Machine{Name: name}, names: map[string]bool{}}
	p.definition(text)
	if len(p.problems) > 0 {
		return nil, errors.Join(p.problems...)
	}
	return p.machine, nil
}
