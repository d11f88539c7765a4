package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// place is where in the template a value stands.
type place struct{ what, path string }

func (p place) at(step string) place {
	if p.path != "" {
		step = p.path + "." + step
	}
	return place{p.what, step}
}

func (p place) err(format string, args ...any) error {
	return fmt.Errorf("%s: %s: %w", p.what, p.path, fmt.Errorf(format, args...))
}

// absent is what Ref of AWS::NoValue gives: whatever has it is left out.
type absent struct{}

// resolve replaces the intrinsic functions in a value.
func (l *loader) resolve(v any, at place) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		if function, argument, ok := intrinsic(v); ok {
			return l.call(function, argument, at)
		}
		resolved := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			value, err := l.resolve(v[key], at.at(key))
			if err != nil {
				return nil, err
			}
			if value != (absent{}) {
				resolved[key] = value
			}
		}
		return resolved, nil
	case []any:
		resolved := []any{}
		for i, element := range v {
			value, err := l.resolve(element, at.at(strconv.Itoa(i)))
			if err != nil {
				return nil, err
			}
			if value != (absent{}) {
				resolved = append(resolved, value)
			}
		}
		return resolved, nil
	}
	return v, nil
}

// intrinsic tells a call of an intrinsic function from an object.
func intrinsic(v map[string]any) (function string, argument any, ok bool) {
	if len(v) != 1 {
		return "", nil, false
	}
	for function, argument = range v {
		ok = function == "Ref" || strings.HasPrefix(function, "Fn::")
	}
	return function, argument, ok
}

func (l *loader) call(function string, argument any, at place) (any, error) {
	if function == "Ref" {
		id, _ := argument.(string)
		return l.ref(id, at)
	}
	calls := map[string]func(any, place) (any, error){
		"Fn::GetAtt": l.getAtt, "Fn::Join": l.join, "Fn::Split": l.split, "Fn::Select": l.selectOne, "Fn::Sub": l.sub,
	}
	call, ok := calls[function]
	if !ok {
		return nil, at.err("%s is not supported", function)
	}
	return call(argument, at.at(function))
}

// text resolves a value that must be a text. Numbers and booleans are texts too, as for CloudFormation.
func (l *loader) text(v any, at place) (string, error) {
	resolved, err := l.resolve(v, at)
	if err != nil {
		return "", err
	}
	switch v := resolved.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		return strconv.FormatBool(v), nil
	}
	return "", at.err("%v is no text", resolved)
}

func (l *loader) texts(v any, at place) ([]string, error) {
	resolved, err := l.resolve(v, at)
	if err != nil {
		return nil, err
	}
	list, ok := resolved.([]any)
	if !ok {
		return nil, at.err("%v is no list", resolved)
	}
	texts := make([]string, len(list))
	for i, element := range list {
		if texts[i], err = l.text(element, at.at(strconv.Itoa(i))); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

// pair takes apart the arguments of a function with two.
func pair(v any, at place) (first, second any, err error) {
	list, ok := v.([]any)
	if !ok || len(list) != 2 {
		return nil, nil, at.err("needs a list of two")
	}
	return list[0], list[1], nil
}

func (l *loader) getAtt(v any, at place) (any, error) {
	if joined, ok := v.(string); ok {
		id, attribute, _ := strings.Cut(joined, ".")
		v = []any{id, attribute}
	}
	id, attribute, err := pair(v, at)
	if err != nil {
		return nil, err
	}
	idText, _ := id.(string)
	name, err := l.text(attribute, at)
	if err != nil {
		return nil, err
	}
	return l.attribute(idText, name, at)
}

func (l *loader) join(v any, at place) (any, error) {
	separator, list, err := pair(v, at)
	if err != nil {
		return nil, err
	}
	between, isText := separator.(string)
	texts, err := l.texts(list, at.at("1"))
	if err == nil && !isText {
		err = at.err("the separator is no text")
	}
	return strings.Join(texts, between), err
}

func (l *loader) split(v any, at place) (any, error) {
	separator, whole, err := pair(v, at)
	if err != nil {
		return nil, err
	}
	text, err := l.text(whole, at.at("1"))
	if err != nil {
		return nil, err
	}
	between, isText := separator.(string)
	if !isText || between == "" {
		return nil, at.err("the separator is no text")
	}
	var parts []any
	for _, part := range strings.Split(text, between) {
		parts = append(parts, part)
	}
	return parts, nil
}

func (l *loader) selectOne(v any, at place) (any, error) {
	index, list, err := pair(v, at)
	if err != nil {
		return nil, err
	}
	indexText, err := l.text(index, at.at("0"))
	if err != nil {
		return nil, err
	}
	texts, err := l.texts(list, at.at("1"))
	if err != nil {
		return nil, err
	}
	i, err := strconv.Atoi(indexText)
	if err != nil || i < 0 || i >= len(texts) {
		return nil, at.err("no element %s of %d", indexText, len(texts))
	}
	return texts[i], nil
}

var subVariable = regexp.MustCompile(`\$\{([^}]*)\}`)

// sub replaces ${ID}, ${ID.Attribute} and ${Name} of its own map; ${!Literal} stays as ${Literal}.
func (l *loader) sub(v any, at place) (any, error) {
	text, isText := v.(string)
	own := map[string]any{}
	if !isText {
		first, second, err := pair(v, at)
		if err != nil {
			return nil, err
		}
		var isMap bool
		text, isText = first.(string)
		if own, isMap = second.(map[string]any); !isText || !isMap {
			return nil, at.err("needs a text and a map")
		}
	}
	var failures []error
	replaced := subVariable.ReplaceAllStringFunc(text, func(found string) string {
		name := found[2 : len(found)-1]
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			return "${" + literal + "}"
		}
		value, err := l.subValue(name, own, at)
		failures = append(failures, err)
		return value
	})
	return replaced, errors.Join(failures...)
}

func (l *loader) subValue(name string, own map[string]any, at place) (string, error) {
	if value, ok := own[name]; ok {
		return l.text(value, at.at(name))
	}
	if strings.Contains(name, ".") {
		return l.text(map[string]any{"Fn::GetAtt": name}, at)
	}
	return l.text(map[string]any{"Ref": name}, at)
}
