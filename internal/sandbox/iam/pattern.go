package iam

import (
	"fmt"
	"regexp"
	"strings"
)

// Wildcards within an expanded pattern. They cannot stand in a name, so that what a variable puts in is taken literally.
const (
	anything = '\x00' // *
	anyOne   = '\x01' // ?
)

// arnSegments is the number of parts of an ARN: the last is the resource, with whatever colons it has.
const arnSegments = 6

// pattern is a text with wildcards and policy variables.
type pattern struct {
	text      string // wildcards already replaced
	variables []variable
}

// variable is ${key} or ${key, 'otherwise'} within a pattern.
type variable struct{ text, key, otherwise string }

var variablePattern = regexp.MustCompile(`\$\{([^}]*)\}`)

var variableParts = regexp.MustCompile(`^([A-Za-z0-9:/_-]+)(?:, ?'([^']*)')?$`)

var wildcards = strings.NewReplacer("*", string(anything), "?", string(anyOne))

// literalPattern is a pattern with wildcards and without variables.
func literalPattern(text string) pattern { return pattern{text: wildcards.Replace(text)} }

// parsePattern reads a text, in which * and ? may be wildcards and ${…} may be variables.
func parsePattern(text string, wild, variables bool) (pattern, error) {
	p := pattern{}
	var b strings.Builder
	literal := func(s string) {
		if wild {
			s = wildcards.Replace(s)
		}
		b.WriteString(s)
	}
	at := 0
	for _, found := range variablePattern.FindAllStringSubmatchIndex(text, -1) {
		whole, inner := text[found[0]:found[1]], text[found[2]:found[3]]
		literal(text[at:found[0]])
		at = found[1]
		switch {
		case !variables:
			return p, fmt.Errorf("%s needs Version %s", whole, variablesVersion)
		case inner == "*" || inner == "?" || inner == "$":
			b.WriteString(inner)
			continue
		}
		parts := variableParts.FindStringSubmatch(inner)
		if parts == nil {
			return p, fmt.Errorf("%s is no policy variable", whole)
		}
		key, err := knownKey(parts[1])
		if err != nil {
			return p, err
		}
		p.variables = append(p.variables, variable{whole, key, parts[2]})
		b.WriteString(whole)
	}
	literal(text[at:])
	p.text = b.String()
	return p, nil
}

// expand puts the request's values in. It fails when a variable has no value: then nothing matches.
func (p pattern) expand(c values) (string, bool) {
	text := p.text
	for _, v := range p.variables {
		value := v.otherwise
		if given := c[v.key]; len(given) == 1 {
			value = given[0]
		}
		if value == "" {
			return "", false
		}
		text = strings.Replace(text, v.text, value, 1)
	}
	return text, true
}

func (p pattern) matches(text string, c values) bool {
	expanded, ok := p.expand(c)
	return ok && glob([]rune(expanded), []rune(text))
}

// matchesARN compares segment by segment: no wildcard reaches over a colon but in the last, which is the resource.
// There, * matches slashes and colons like anything else.
func (p pattern) matchesARN(arn string, c values) bool {
	expanded, ok := p.expand(c)
	if !ok || expanded == string(anything) {
		return ok
	}
	want, got := strings.SplitN(expanded, ":", arnSegments), strings.SplitN(arn, ":", arnSegments)
	if len(want) != arnSegments || len(got) != arnSegments {
		return false
	}
	for i := range want {
		if !glob([]rune(want[i]), []rune(got[i])) {
			return false
		}
	}
	return true
}

// glob matches a whole text. On a mismatch it goes back to the latest wildcard and lets that have one character more.
func glob(pattern, text []rune) bool {
	at, star, resume := 0, -1, 0
	for i := 0; i < len(text); {
		switch {
		case at < len(pattern) && pattern[at] == anything:
			star, resume = at, i
			at++
		case at < len(pattern) && (pattern[at] == anyOne || pattern[at] == text[i]):
			at++
			i++
		case star >= 0:
			resume++
			at, i = star+1, resume
		default:
			return false
		}
	}
	for at < len(pattern) && pattern[at] == anything {
		at++
	}
	return at == len(pattern)
}
