package jsonata

import (
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/recolabs/gnata"
)

// Encode writes a value as JSON text without needless escapes, its numbers as JavaScript writes them.
// It returns an error that wraps ErrUnsupported for what JSON cannot hold.
func Encode(value any) ([]byte, error) { return appendJSON(nil, value) }

func appendJSON(text []byte, value any) ([]byte, error) {
	switch value := value.(type) {
	case bool:
		return strconv.AppendBool(text, value), nil
	case float64:
		if math.IsInf(value, 0) || math.IsNaN(value) {
			return nil, fmt.Errorf("%w: a number that is not finite", ErrUnsupported)
		}
		return append(text, formatNumber(value)...), nil
	case string:
		return appendString(text, value), nil
	case []any:
		return appendArray(text, value)
	case object:
		return appendObject(text, value)
	}
	if gnata.IsNull(value) {
		return append(text, "null"...), nil
	}
	return nil, fmt.Errorf("%w: %s", ErrUnsupported, TypeName(value))
}

func appendArray(text []byte, items []any) ([]byte, error) {
	text = append(text, '[')
	for i, item := range items {
		if i > 0 {
			text = append(text, ',')
		}
		var err error
		if text, err = appendJSON(text, item); err != nil {
			return nil, err
		}
	}
	return append(text, ']'), nil
}

func appendObject(text []byte, fields object) ([]byte, error) {
	text = append(text, '{')
	for i, key := range fields.Keys() {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(appendString(text, key), ':')
		value, _ := fields.Get(key)
		var err error
		if text, err = appendJSON(text, value); err != nil {
			return nil, err
		}
	}
	return append(text, '}'), nil
}

// appendString escapes what JSON requires and nothing else, as JavaScript does.
func appendString(text []byte, s string) []byte {
	const hex = "0123456789abcdef"
	text = append(text, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			text = append(text, '\\', byte(r))
		case r == '\n':
			text = append(text, '\\', 'n')
		case r == '\r':
			text = append(text, '\\', 'r')
		case r == '\t':
			text = append(text, '\\', 't')
		case r == '\b':
			text = append(text, '\\', 'b')
		case r == '\f':
			text = append(text, '\\', 'f')
		case r < 0x20:
			text = append(text, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			text = utf8.AppendRune(text, r)
		}
	}
	return append(text, '"')
}
