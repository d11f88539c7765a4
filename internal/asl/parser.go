package asl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/jsonata"
)

// maxDefinition is the service's limit for a definition's text.
const maxDefinition = 1 << 20

// A parser gathers every problem of a definition.
type parser struct {
	machine  *Machine
	problems []error
	names    map[string]bool // of all states
	jsonata  bool            // the machine's own QueryLanguage
	state    string          // the state being read
}

// problem notes something that the service would refuse, in the state being read.
func (p *parser) problem(path, format string, args ...any) {
	where := path
	if p.state != "" {
		where = strings.TrimSuffix("state "+p.state+", "+path, ", ")
	}
	err := fmt.Errorf(format, args...)
	if where != "" {
		err = fmt.Errorf("%s: %w", where, err)
	}
	p.problems = append(p.problems, err)
}

func (p *parser) definition(text []byte) {
	if len(text) > maxDefinition {
		p.problem("", "the definition is over 1 MiB")
		return
	}
	if err := duplicates(text); err != nil {
		p.problem("", "%w", err)
		return
	}
	value, err := jsonata.Decode(text)
	if err != nil {
		p.problem("", "not JSON: %w", err)
		return
	}
	o, ok := p.object("", value, "Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version")
	if !ok {
		return
	}
	p.jsonata = p.queryLanguage(o, false)
	p.machine.Comment = o.text("Comment")
	if version := o.text("Version"); o.has("Version") && version != "1.0" {
		p.problem("Version", "must be 1.0")
	}
	if seconds, ok := o.number("TimeoutSeconds", 1, 99999999, true); ok {
		p.machine.timeout = time.Duration(seconds) * time.Second
	}
	p.machine.graph = p.graph(o)
}

// queryLanguage reports whether an object is JSONata, given what it inherits.
func (p *parser) queryLanguage(o *objectReader, inherited bool) bool {
	if !o.has("QueryLanguage") {
		return inherited
	}
	language := o.text("QueryLanguage")
	if language != "JSONata" && language != "JSONPath" {
		p.problem("QueryLanguage", "must be JSONata")
	}
	return language == "JSONata"
}

// graph reads StartAt and States.
func (p *parser) graph(o *objectReader) *graph {
	outer := p.state
	g := &graph{startAt: o.text("StartAt"), states: map[string]*state{}}
	value, _ := o.fields.Get("States")
	states, ok := value.(fields)
	if !ok || len(states.Keys()) == 0 {
		p.problem("States", "must be an object with at least one state")
		return g
	}
	for _, name := range states.Keys() {
		definition, _ := states.Get(name)
		p.state = name
		p.name(name)
		g.order = append(g.order, name)
		g.states[name] = p.readState(name, definition)
	}
	p.state = outer
	p.targets(g)
	return g
}

func (p *parser) name(name string) {
	if name == "" || len([]rune(name)) > 80 {
		p.problem("", "a state's name has 1 to 80 characters")
	}
	if p.names[name] {
		p.problem("", "the name is taken by another state of the machine")
	}
	p.names[name] = true
}

// targets checks that every transition leads somewhere and every state can be reached.
func (p *parser) targets(g *graph) {
	if _, ok := g.states[g.startAt]; !ok {
		p.problem("StartAt", "there is no state %q", g.startAt)
		return
	}
	outer := p.state
	reached, open := map[string]bool{g.startAt: true}, []string{g.startAt}
	for len(open) > 0 {
		s := g.states[open[0]]
		open = open[1:]
		for _, next := range s.transitions() {
			if !reached[next] && g.states[next] != nil {
				open = append(open, next)
			}
			reached[next] = true
		}
	}
	for _, name := range g.order {
		p.state = name
		if !reached[name] {
			p.problem("", "no transition leads here")
		}
		for _, next := range g.states[name].transitions() {
			if g.states[next] == nil {
				p.problem("", "there is no state %q to go to", next)
			}
		}
	}
	p.state = outer
}

// transitions lists where a state may lead.
func (s *state) transitions() []string {
	var names []string
	for _, r := range s.rules {
		names = append(names, r.next)
	}
	for _, c := range s.catch {
		names = append(names, c.next)
	}
	if s.next != "" {
		names = append(names, s.next)
	}
	return names
}

// duplicates refuses an object with the same key twice, of which only one would count.
func duplicates(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	type level struct {
		keys   map[string]bool
		object bool
		key    bool // the next string is a key
	}
	var open []level
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("not JSON: %w", err)
		}
		last := len(open) - 1
		if key, ok := token.(string); ok && last >= 0 && open[last].object && open[last].key {
			if open[last].keys[key] {
				return fmt.Errorf("the key %q stands twice in one object", key)
			}
			open[last].keys[key] = true
			open[last].key = false
			continue
		}
		if delimiter, ok := token.(json.Delim); ok {
			switch delimiter {
			case '{', '[':
				open = append(open, level{keys: map[string]bool{}, object: delimiter == '{', key: true})
				continue
			default:
				open = slices.Delete(open, last, last+1)
			}
		}
		if last = len(open) - 1; last >= 0 {
			open[last].key = true
		}
	}
}
