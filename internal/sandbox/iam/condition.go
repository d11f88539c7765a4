package iam

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// values are a request's values by condition key, in lower case.
type values map[string][]string

// condition is one key of one operator.
type condition struct {
	key      string
	operator operator
	wanted   []pattern
	numbers  []float64
	// every and some are ForAllValues and ForAnyValue; otherwise the key has one value.
	every, some bool
	ifExists    bool
	// absent is of the operator Null: whether the key must be absent.
	absent *bool
}

// operator compares one value of a request with one of the policy.
type operator struct {
	text   func(p pattern, got string, c values) bool
	number func(want, got float64) bool
	wild   bool // * and ? are wildcards
	arn    bool
	not    bool // holds if no value of the policy fits
}

func equals(p pattern, got string, c values) bool {
	want, ok := p.expand(c)
	return ok && want == got
}

func equalsFold(p pattern, got string, c values) bool {
	want, ok := p.expand(c)
	return ok && strings.EqualFold(want, got)
}

// operators are those that are supported. ArnEquals behaves like ArnLike.
var operators = map[string]operator{
	"StringEquals":              {text: equals},
	"StringNotEquals":           {text: equals, not: true},
	"StringEqualsIgnoreCase":    {text: equalsFold},
	"StringNotEqualsIgnoreCase": {text: equalsFold, not: true},
	"StringLike":                {text: pattern.matches, wild: true},
	"StringNotLike":             {text: pattern.matches, wild: true, not: true},
	"ArnEquals":                 {text: pattern.matchesARN, wild: true, arn: true},
	"ArnLike":                   {text: pattern.matchesARN, wild: true, arn: true},
	"ArnNotEquals":              {text: pattern.matchesARN, wild: true, arn: true, not: true},
	"ArnNotLike":                {text: pattern.matchesARN, wild: true, arn: true, not: true},
	"Bool":                      {text: equalsFold},
	"NumericEquals":             {number: func(want, got float64) bool { return got == want }},
	"NumericNotEquals":          {number: func(want, got float64) bool { return got == want }, not: true},
	"NumericLessThan":           {number: func(want, got float64) bool { return got < want }},
	"NumericLessThanEquals":     {number: func(want, got float64) bool { return got <= want }},
	"NumericGreaterThan":        {number: func(want, got float64) bool { return got > want }},
	"NumericGreaterThanEquals":  {number: func(want, got float64) bool { return got >= want }},
}

// parseConditions reads a Condition element. All of its conditions must hold.
func parseConditions(raw map[string]map[string]oneOrMany[scalar], variables bool) ([]condition, error) {
	var all []condition
	for _, operator := range slices.Sorted(maps.Keys(raw)) {
		for _, key := range slices.Sorted(maps.Keys(raw[operator])) {
			c, err := parseCondition(operator, key, raw[operator][key], variables)
			if err != nil {
				return nil, fmt.Errorf("condition %s %s: %w", operator, key, err)
			}
			all = append(all, c)
		}
	}
	return all, nil
}

func parseCondition(name, key string, values []scalar, variables bool) (c condition, err error) {
	if c.key, err = knownKey(key); err != nil {
		return c, err
	}
	if len(values) == 0 {
		return c, errors.New("has no value")
	}
	if name == "Null" {
		absent, err := strconv.ParseBool(string(values[0]))
		c.absent = &absent
		return c, err
	}
	name, c.every = strings.CutPrefix(name, "ForAllValues:")
	name, c.some = strings.CutPrefix(name, "ForAnyValue:")
	name, c.ifExists = strings.CutSuffix(name, "IfExists")
	if keys[c.key] && !c.every && !c.some {
		return c, errors.New("the key has several values: say ForAllValues or ForAnyValue")
	}
	var ok bool
	if c.operator, ok = operators[name]; !ok || c.every && c.some {
		return c, errors.New("the operator is not supported")
	}
	for _, value := range values {
		if err := c.want(name, string(value), variables); err != nil {
			return c, err
		}
	}
	return c, nil
}

// want adds a value of the policy.
func (c *condition) want(operator, value string, variables bool) error {
	if c.operator.number != nil {
		n, err := strconv.ParseFloat(value, 64)
		c.numbers = append(c.numbers, n)
		return err
	}
	if operator == "Bool" {
		if _, err := strconv.ParseBool(value); err != nil {
			return err
		}
	}
	if c.operator.arn && len(strings.SplitN(value, ":", arnSegments)) != arnSegments {
		return fmt.Errorf("%q is no ARN", value)
	}
	p, err := parsePattern(value, c.operator.wild, variables)
	c.wanted = append(c.wanted, p)
	return err
}

// holds decides as IAM does for a key that is absent: ForAllValues and a negated operator hold, all others do not,
// and none can fail with IfExists.
func (c condition) holds(have values) bool {
	got := have[c.key]
	switch {
	case c.absent != nil:
		return *c.absent == (len(got) == 0)
	case len(got) == 0:
		return c.ifExists || c.every || c.operator.not && !c.some
	case c.some:
		return slices.ContainsFunc(got, func(v string) bool { return c.fits(v, have) })
	}
	return !slices.ContainsFunc(got, func(v string) bool { return !c.fits(v, have) })
}

// fits compares one value of the request with all of the policy.
func (c condition) fits(got string, have values) bool {
	found := slices.ContainsFunc(c.wanted, func(p pattern) bool { return c.operator.text(p, got, have) })
	if c.operator.number != nil {
		n, err := strconv.ParseFloat(got, 64)
		if err != nil {
			return false
		}
		found = slices.ContainsFunc(c.numbers, func(want float64) bool { return c.operator.number(want, n) })
	}
	return found != c.operator.not
}
