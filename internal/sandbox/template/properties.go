package template

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// text is a property that CloudFormation takes for a text, whether a number, a boolean or a text is written.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '"':
		return json.Unmarshal(b, (*string)(t))
	case '{', '[':
		return fmt.Errorf("%s is no text", b)
	}
	*t = text(b)
	return nil
}

// number is a property that CloudFormation takes for a number, whether a text or a number is written.
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	return json.Unmarshal([]byte(strings.Trim(string(b), `"`)), (*float64)(n))
}

// read resolves the properties that the fields of a struct are named after. All others are left alone: what nobody needs
// may hold what this package does not know.
func (l *loader) read(id string, into any) error {
	r := l.resources[id]
	if r.Condition != "" {
		return place{"resource " + id, "Condition"}.err("conditions are not supported")
	}
	fields := reflect.ValueOf(into).Elem()
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Name
		raw, ok := r.Properties[name]
		if !ok {
			continue
		}
		at := place{"resource " + id, "Properties." + name}
		value, err := l.resolve(raw, at)
		if err != nil {
			return err
		}
		if value == (absent{}) {
			continue
		}
		written, err := json.Marshal(value)
		if err != nil {
			return at.err("%w", err)
		}
		if err := json.Unmarshal(written, fields.Field(i).Addr().Interface()); err != nil {
			return at.err("%w", err)
		}
	}
	return nil
}
