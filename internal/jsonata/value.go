package jsonata

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/recolabs/gnata"
)

// ErrUnsupported says that a value cannot be written as JSON: it holds a function, a regular expression
// or a number that is not finite.
var ErrUnsupported = errors.New("unsupported result type")

// Null is the value null. A Go nil is undefined, which is something else.
var Null = mustDecode("null")

// object is what the engine's own ordered object offers; its type cannot be named outside its module.
type object interface {
	Keys() []string
	Get(key string) (any, bool)
	Set(key string, value any)
}

func newObject() object { return mustDecode("{}").(object) }

func mustDecode(text string) any {
	value, err := gnata.DecodeJSON([]byte(text))
	if err != nil {
		panic("jsonata: " + err.Error())
	}
	return value
}

// Decode reads one JSON value. Objects keep the order of their keys, numbers become float64 as in JavaScript
// (integers beyond 2^53 lose digits), null becomes Null.
func Decode(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	value, err := decodeValue(decoder)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("more than one JSON value")
	}
	return value, nil
}

func decodeValue(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case nil:
		return Null, nil
	case json.Delim:
		if token == '{' {
			return decodeObject(decoder)
		}
		return decodeArray(decoder)
	case float64:
		return token + 0, nil
	}
	return token, nil
}

func decodeObject(decoder *json.Decoder) (any, error) {
	result := newObject()
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		value, err := decodeValue(decoder)
		if err != nil {
			return nil, err
		}
		result.Set(key.(string), value)
	}
	_, err := decoder.Token()
	return result, err
}

func decodeArray(decoder *json.Decoder) (any, error) {
	result := []any{}
	for decoder.More() {
		value, err := decodeValue(decoder)
		if err != nil {
			return nil, err
		}
		result = append(result, value)
	}
	_, err := decoder.Token()
	return result, err
}

// FromGo turns plain Go values (nil, bool, numbers, string, []any, map[string]any and anything that
// encoding/json can write) into values for Eval. The keys of a Go map come sorted.
func FromGo(value any) (any, error) {
	switch value := value.(type) {
	case nil:
		return Null, nil
	case bool, string, float64:
		return value, nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return Decode(text)
}

// ToGo turns a value of Eval or Decode into plain Go: nil, bool, float64, string, []any, map[string]any.
func ToGo(value any) any {
	switch value := value.(type) {
	case []any:
		result := make([]any, len(value))
		for i, item := range value {
			result[i] = ToGo(item)
		}
		return result
	case object:
		result := make(map[string]any, len(value.Keys()))
		for _, key := range value.Keys() {
			item, _ := value.Get(key)
			result[key] = ToGo(item)
		}
		return result
	}
	if gnata.IsNull(value) {
		return nil
	}
	return value
}

// TypeName names a value's type as Step Functions does in its messages.
func TypeName(value any) string {
	switch value.(type) {
	case nil:
		return "undefined"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	case object:
		return "object"
	}
	if gnata.IsNull(value) {
		return "null"
	}
	return "function"
}

// A Member is one field of an object.
type Member struct {
	Key   string
	Value any
}

// Object builds an object with its fields in the given order. A nil field is left out.
func Object(members ...Member) any {
	result := newObject()
	for _, member := range members {
		if member.Value != nil {
			result.Set(member.Key, member.Value)
		}
	}
	return result
}
