// Package eventpattern matches events with the patterns of EventBridge's rules.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
//
// Quamina does the matching. Its language is older than some of EventBridge's operators: those are translated where that
// changes nothing, and refused where it would.
package eventpattern

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"quamina.net/go/quamina"
)

// Match reports whether an event fits a rule's pattern. A pattern that is not understood is an error.
func Match(pattern, event []byte) (bool, error) {
	var written map[string]any
	if err := json.Unmarshal(pattern, &written); err != nil {
		return false, fmt.Errorf("event pattern: %w", err)
	}
	translated, err := fields(written)
	if err != nil {
		return false, fmt.Errorf("event pattern: %w", err)
	}
	text, err := json.Marshal(translated)
	if err != nil {
		return false, fmt.Errorf("event pattern: %w", err)
	}
	matcher, err := quamina.New()
	if err != nil {
		return false, fmt.Errorf("event pattern: %w", err)
	}
	if err := matcher.AddPattern("rule", string(text)); err != nil {
		return false, fmt.Errorf("event pattern: %w", err)
	}
	matches, err := matcher.MatchesForEvent(event)
	if err != nil {
		return false, fmt.Errorf("event: %w", err)
	}
	return len(matches) > 0, nil
}

// fields translates an object of a pattern: below each name there is an object, or a list of which one must fit.
func fields(written map[string]any) (map[string]any, error) {
	if len(written) == 0 {
		return nil, errors.New("an empty object")
	}
	translated := map[string]any{}
	for name, value := range written {
		var err error
		switch value := value.(type) {
		case map[string]any:
			translated[name], err = fields(value)
		case []any:
			if strings.HasPrefix(name, "$") {
				err = errors.New("is not supported")
				break
			}
			translated[name], err = alternatives(value)
		default:
			err = fmt.Errorf("%v must stand in a list", value)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return translated, nil
}

func alternatives(written []any) ([]any, error) {
	if len(written) == 0 {
		return nil, errors.New("an empty list")
	}
	var translated []any
	for _, value := range written {
		if operator, ok := value.(map[string]any); ok {
			one, err := operation(operator)
			if err != nil {
				return nil, err
			}
			value = one
		} else if _, isList := value.([]any); isList {
			return nil, errors.New("a list in a list")
		}
		translated = append(translated, value)
	}
	return translated, nil
}

// operation translates {"<operator>": argument}.
func operation(written map[string]any) (map[string]any, error) {
	if len(written) != 1 {
		return nil, fmt.Errorf("%v is not one operator", written)
	}
	for operator, argument := range written {
		text, isText := argument.(string)
		_, isBool := argument.(bool)
		switch {
		case isText && (operator == "prefix" || operator == "equals-ignore-case"), isBool && operator == "exists":
			return written, nil
		case isText && operator == "wildcard" && !strings.ContainsAny(text, `\`):
			return map[string]any{"shellstyle": text}, nil
		case isText && operator == "suffix" && !strings.ContainsAny(text, `\*`):
			return map[string]any{"shellstyle": "*" + text}, nil
		case operator == "anything-but":
			return anythingBut(argument)
		}
	}
	return nil, fmt.Errorf("%v is not supported", written)
}

// anythingBut takes texts only: Quamina knows no others here.
func anythingBut(argument any) (map[string]any, error) {
	list, isList := argument.([]any)
	if !isList {
		list = []any{argument}
	}
	for _, value := range list {
		if _, isText := value.(string); !isText {
			return nil, fmt.Errorf("anything-but %v is not supported", value)
		}
	}
	if len(list) == 0 {
		return nil, errors.New("anything-but nothing")
	}
	return map[string]any{"anything-but": list}, nil
}
