package template

import (
	"encoding/json"
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

// render puts the event's values in the places that are marked <name>. The template is a JSON object, or lines each of
// which is a JSON text. What EventBridge would not deliver, and what it is not known to do, are errors. What it does has
// been recorded here: https://github.com/localstack/localstack/blob/main/tests/aws/services/events/test_events_inputs.snapshot.json
func (t transformer) render(event any) (string, error) {
	object := strings.HasPrefix(strings.TrimSpace(t.InputTemplate), "{")
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
			value, err := insert(event, path, quoted, object)
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
	return out.String(), deliverable(out.String(), object)
}

// deliverable says why EventBridge would not deliver a rendered template.
func deliverable(text string, object bool) error {
	if object {
		if !json.Valid([]byte(text)) {
			return fmt.Errorf("it is no JSON: %s", text)
		}
		return nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(line, `"`) || !json.Valid([]byte(line)) {
			return fmt.Errorf("the line %s is no text within quotation marks", line)
		}
	}
	return nil
}

// insert gives a value's text. Alone in an object it is JSON. Within quotation marks a text stands as it is, without
// being escaped; of objects and lists the quotation marks are left out, in an object's text they cannot stand at all.
// A value that the event does not have is an empty text.
func insert(event any, path string, quoted, object bool) (string, error) {
	value, found, err := part(event, path)
	switch {
	case err != nil:
		return "", err
	case !found && quoted:
		return "", nil
	case !found:
		return `""`, nil
	case value == nil:
		return "", fmt.Errorf("%s is null, and what EventBridge makes of that is not known", path)
	}
	written, err := encode(value)
	if err != nil || !quoted {
		return written, err
	}
	switch value := value.(type) {
	case string:
		if written != `"`+value+`"` {
			return "", fmt.Errorf("%s holds a quotation mark, a backslash or a line break, which EventBridge does not escape: %s", path, value)
		}
		return value, nil
	case map[string]any, []any:
		if object {
			return "", fmt.Errorf("%s is an object or a list, which cannot stand within quotation marks", path)
		}
		return strings.ReplaceAll(written, `"`, ""), nil
	}
	return written, nil
}

// encode writes JSON in which <, > and & stand as they are.
func encode(value any) (string, error) {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	return strings.TrimSuffix(out.String(), "\n"), err
}
