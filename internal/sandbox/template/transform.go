package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// transformer makes a target's input of an event.
type transformer struct {
	InputPathsMap map[string]string
	InputTemplate string
}

// Input is what the target gets of an event: the event itself, a part of it, a constant, or what the transformer makes.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
func (t Target) Input(event []byte) ([]byte, error) {
	switch {
	case t.input != "":
		return []byte(t.input), nil
	case t.inputPath == "" && t.transformer == nil:
		return event, nil
	}
	var parsed any
	if err := json.Unmarshal(event, &parsed); err != nil {
		return nil, fmt.Errorf("input of target %s: %w", t.ID, err)
	}
	if t.transformer == nil {
		value, _, err := part(parsed, t.inputPath)
		if err != nil {
			return nil, fmt.Errorf("input of target %s: %w", t.ID, err)
		}
		input, err := encode(value)
		return []byte(input), err
	}
	input, err := t.transformer.render(parsed)
	if err != nil {
		return nil, fmt.Errorf("input of target %s: %w", t.ID, err)
	}
	return []byte(input), nil
}

// part follows a path such as $.detail.name. Other JSONPath is not supported.
func part(event any, path string) (value any, found bool, err error) {
	if path != "$" && !strings.HasPrefix(path, "$.") || strings.ContainsAny(path, "[*?@'") || strings.Contains(path, "..") {
		return nil, false, fmt.Errorf("the path %q is not supported", path)
	}
	value, found = event, true
	for _, step := range strings.Split(path, ".")[1:] {
		object, _ := value.(map[string]any)
		value, found = object[step]
	}
	return value, found, nil
}

// render puts the event's values in the places that are marked <name>. Within quotation marks a text stands as it is;
// outside of them every value is written as JSON. A value that the event does not have is left out within quotation marks;
// outside, where EventBridge would send what is no JSON, it is an error.
func (t transformer) render(event any) (string, error) {
	var out strings.Builder
	quoted := false
	rest := t.InputTemplate
	for rest != "" {
		switch {
		case rest[0] == '\\' && quoted && len(rest) > 1:
			out.WriteString(rest[:2])
			rest = rest[2:]
			continue
		case rest[0] == '"':
			quoted = !quoted
		case rest[0] == '<':
			name, after, closed := strings.Cut(rest[1:], ">")
			path, known := t.InputPathsMap[name]
			if !closed || !known {
				return "", fmt.Errorf("<%s is no variable of the template", name)
			}
			value, err := insert(event, path, quoted)
			if err != nil {
				return "", fmt.Errorf("<%s>: %w", name, err)
			}
			out.WriteString(value)
			rest = after
			continue
		}
		out.WriteByte(rest[0])
		rest = rest[1:]
	}
	if quoted {
		return "", errors.New("a quotation mark of the template is not closed")
	}
	return out.String(), nil
}

func insert(event any, path string, quoted bool) (string, error) {
	value, found, err := part(event, path)
	if err != nil {
		return "", err
	}
	if !found && !quoted {
		return "", fmt.Errorf("the event has no %s", path)
	}
	if !found {
		return "", nil
	}
	written, err := encode(value)
	if err != nil || !quoted {
		return written, err
	}
	text, isText := value.(string)
	if !isText {
		text = written
	}
	inner, err := encode(text)
	if err != nil {
		return "", err
	}
	return inner[1 : len(inner)-1], nil
}

// encode writes JSON in which <, > and & stand as they are.
func encode(value any) (string, error) {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	return strings.TrimSuffix(out.String(), "\n"), err
}
