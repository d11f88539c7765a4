package jsonata

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Uses is what an expression refers to, as far as its text tells.
type Uses struct {
	States      []string // fields of $states: input, result, errorOutput, context; "" is $states as a whole
	Named       []string // every variable that it names, without $
	Variables   []string // other variables that it does not bind itself; functions are not among them
	Unqualified []string // field names, $ or $$ outside any context: Step Functions has no document to look in
}

// check refuses what this engine would not answer as JSONata 2.0.6 does, and gathers what the text refers to.
func check(text string) (Uses, error) {
	tokens, err := scan(text)
	if err != nil {
		return Uses{}, err
	}
	c := checker{tokens: tokens, bound: map[string]bool{}}
	c.bindings()
	for i := range tokens {
		if err := c.token(i); err != nil {
			return Uses{}, err
		}
	}
	return c.uses, nil
}

// A frame is an open bracket.
type frame struct {
	open       string
	operand    bool // a constructor or a block, not a predicate, a call or a grouping
	contextual bool // inside, names and $ have a document to look in
	parameters bool // the parameter list of a function
}

type checker struct {
	tokens []token
	frames []frame
	closed frame // the frame that the last closing bracket closed
	bound  map[string]bool
	uses   Uses
}

// at returns the token at i, or an empty one.
func (c *checker) at(i int) token {
	if i < 0 || i >= len(c.tokens) {
		return token{}
	}
	return c.tokens[i]
}

func (c *checker) top() frame {
	if len(c.frames) == 0 {
		return frame{}
	}
	return c.frames[len(c.frames)-1]
}

func (c *checker) token(i int) error {
	switch t := c.tokens[i]; t.kind {
	case operator:
		return c.operator(i, t)
	case variable:
		return c.variable(i, t)
	case name:
		c.name(i, t)
	}
	return nil
}

func (c *checker) operator(i int, t token) error {
	switch t.text {
	case "?:", "??":
		return fmt.Errorf("the operator %s came with JSONata 2.1; Step Functions has 2.0.6", t.text)
	case "(", "[", "{":
		return c.open(i, t)
	case ")", "]", "}":
		c.close()
	case "..":
		if top := c.top(); top.open != "[" || !top.operand {
			return errors.New("a range .. stands only in an array constructor [a..b]")
		}
	case "*":
		if t.operand {
			return errors.New("the wildcard * treats a list of one unlike the reference: name the fields, or use $each or $keys")
		}
	case "|":
		c.bar(t)
	}
	return nil
}

func (c *checker) open(i int, t token) error {
	before, next := c.at(i-1), c.at(i+1)
	body := t.text == "{" && before.is(")") && c.closed.parameters
	if t.text == "[" && !t.operand {
		if next.is("[") {
			return errors.New("a list of indices x[[…]] treats a list of one unlike the reference: index one at a time")
		}
		if next.is("]") && before.is("]") && !c.closed.operand {
			return errors.New("x[…][] is [] here and undefined in the reference if nothing matches: write [x[…]]")
		}
	}
	if t.text == "{" && !t.operand && !body {
		return errors.New("a grouping x{…} of nothing is unlike the reference: use $merge(x.{…})")
	}
	c.frames = append(c.frames, frame{
		open:       t.text,
		operand:    t.operand,
		contextual: c.top().contextual || before.is(".") || before.is("^") || t.text == "[" && !t.operand,
		parameters: t.text == "(" && before.kind == name && isFunctionWord(before.text),
	})
	return nil
}

func (c *checker) close() {
	if len(c.frames) > 0 {
		c.closed = c.top()
		c.frames = c.frames[:len(c.frames)-1]
	}
}

// bar opens a transform's frame at the first bar; names in it are looked up in what it transforms.
func (c *checker) bar(t token) {
	if t.operand {
		c.frames = append(c.frames, frame{open: "|", contextual: true})
	}
}

func isFunctionWord(text string) bool { return text == "function" || text == "λ" }

// bindings finds the variables that the expression itself binds.
func (c *checker) bindings() {
	depth := 0
	for i, t := range c.tokens {
		next, before := c.at(i+1), c.at(i-1)
		switch {
		case t.is("(") && before.kind == name && isFunctionWord(before.text):
			depth = 1
		case t.is("("), t.is(")"):
			depth = 0
		case t.kind == variable && (depth > 0 || next.is(":=") || before.is("@") || before.is("#")):
			c.bound[t.text] = true
		}
	}
}

func (c *checker) name(i int, t token) {
	before := c.at(i - 1)
	if before.is(".") || c.top().contextual || isFunctionWord(t.text) && c.at(i+1).is("(") || !t.operand {
		return
	}
	if !slices.Contains(c.uses.Unqualified, t.text) {
		c.uses.Unqualified = append(c.uses.Unqualified, t.text)
	}
}

func (c *checker) variable(i int, t token) error {
	before, next := c.at(i-1), c.at(i+1)
	if !slices.Contains(c.uses.Named, t.text) {
		c.uses.Named = append(c.uses.Named, t.text)
	}
	switch {
	case t.text == "" && before.is("."):
		return errors.New("a step x.$ does not flatten lists of lists as the reference does: leave it out")
	case t.text == "" || t.text == "$":
		if !c.top().contextual {
			c.uses.Unqualified = append(c.uses.Unqualified, "$"+t.text)
		}
		return nil
	case t.text == "states" && !c.bound["states"]:
		field := c.at(i + 2)
		if !next.is(".") || field.kind != name {
			field = token{}
		}
		c.uses.States = append(c.uses.States, strings.Trim(field.text, "`"))
		return nil
	case c.bound[t.text]:
		return nil
	case next.is("("):
		return c.call(i, t)
	}
	return c.reference(t, before)
}

// call checks a function by its name.
func (c *checker) call(i int, t token) error {
	switch t.text {
	case "eval":
		return errors.New("there is no $eval in Step Functions: use $parse for JSON text")
	case "values", "flatten", "clone":
		return fmt.Errorf("there is no function $%s", t.text)
	case "distinct":
		if !c.shapeless(i) {
			return errors.New("the result of $distinct with one item is unlike the reference: write [$distinct(…)]")
		}
	}
	if !isFunction(t.text) && !slices.Contains(c.uses.Variables, t.text) {
		c.uses.Variables = append(c.uses.Variables, t.text)
	}
	return nil
}

// shapeless reports whether it does not matter if the value at i is an item or a list of one item.
func (c *checker) shapeless(i int) bool {
	before := c.at(i - 1)
	if before.is("[") && before.operand {
		return true
	}
	caller := c.at(i - 2)
	return before.is("(") && caller.kind == variable && slices.Contains([]string{"count", "join", "sum", "max", "min", "exists"}, caller.text)
}

// reference checks a variable that is not called.
func (c *checker) reference(t, before token) error {
	if !isFunction(t.text) {
		if !slices.Contains(c.uses.Variables, t.text) {
			c.uses.Variables = append(c.uses.Variables, t.text)
		}
		return nil
	}
	if !before.is("~>") && !slices.Contains(oneParameter, t.text) {
		return fmt.Errorf("$%s as a value would not get the index and the list as the reference passes them: write function($v) {$%s($v)}", t.text, t.text)
	}
	if before.is("~>") && t.text == "distinct" {
		return errors.New("the result of $distinct with one item is unlike the reference: write [$distinct(…)]")
	}
	return nil
}

// oneParameter lists the built-in functions that take one parameter, so that a callback gets just the item.
var oneParameter = []string{
	"abs", "average", "boolean", "ceil", "count", "exists", "floor", "keys", "length", "lowercase", "max", "merge",
	"min", "not", "number", "parse", "reverse", "shuffle", "spread", "sqrt", "string", "sum", "trim", "type", "uppercase",
	"base64decode", "base64encode", "decodeUrl", "decodeUrlComponent", "encodeUrl", "encodeUrlComponent",
}

func isFunction(name string) bool {
	value, ok := engine.Lookup(name)
	return ok && value != nil
}
