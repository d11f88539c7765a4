package settings

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// decode sets a value of Go from JSON that has been read with numbers as they stand. Unlike encoding/json it goes on after
// a fault, and tells each by its path. Faults of values also mark the path, so that nobody says "missing" of it besides.
func (c *checker) decode(path string, v any, into reflect.Value) {
	if v == nil {
		return // null is absent
	}
	if text, ok := into.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if s, isText := v.(string); !isText {
			c.malformed(path, kind(v), "text")
		} else if err := text.UnmarshalText([]byte(s)); err != nil {
			c.malformed(path, err.Error(), "")
		}
		return
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		c.decode(path, v, into.Elem())
	case reflect.Struct:
		c.decodeMembers(path, v, into)
	case reflect.Map:
		c.decodeMap(path, v, into)
	case reflect.Slice:
		c.decodeList(path, v, into)
	default:
		c.decodeScalar(path, v, into)
	}
}

func (c *checker) decodeScalar(path string, v any, into reflect.Value) {
	switch into.Kind() {
	case reflect.String:
		if s, ok := v.(string); ok {
			into.SetString(s)
			return
		}
		c.malformed(path, kind(v), "text")
	case reflect.Bool:
		if b, ok := v.(bool); ok {
			into.SetBool(b)
			return
		}
		c.malformed(path, kind(v), "true or false")
	case reflect.Int:
		if n, ok := v.(json.Number); ok {
			if whole, err := n.Int64(); err == nil {
				into.SetInt(whole)
				return
			}
		}
		c.malformed(path, kind(v), "a whole number")
	default:
		panic("settings: no decoding of " + into.Type().String())
	}
}

// members are the fields of a struct by their names in JSON.
func members(of reflect.Type) map[string]int {
	found := map[string]int{}
	for i := range of.NumField() {
		if name := of.Field(i).Tag.Get("json"); name != "-" {
			found[name] = i
		}
	}
	return found
}

func (c *checker) decodeMembers(path string, v any, into reflect.Value) {
	object, ok := v.(map[string]any)
	if !ok {
		c.malformed(path, kind(v), "an object")
		return
	}
	known := members(into.Type())
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if i, ok := known[name]; ok {
			c.decode(below(path, name), object[name], into.Field(i))
			continue
		}
		c.bad(below(path, name), "unknown setting", "one of "+strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	}
}

func (c *checker) decodeMap(path string, v any, into reflect.Value) {
	object, ok := v.(map[string]any)
	if !ok {
		c.malformed(path, kind(v), "an object")
		return
	}
	into.Set(reflect.MakeMap(into.Type()))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		value := reflect.New(into.Type().Elem()).Elem()
		c.decode(below(path, name), object[name], value)
		into.SetMapIndex(reflect.ValueOf(name), value)
	}
}

func (c *checker) decodeList(path string, v any, into reflect.Value) {
	list, ok := v.([]any)
	if !ok {
		c.malformed(path, kind(v), "a list")
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(list), len(list)))
	for i, one := range list {
		c.decode(element(path, i), one, into.Index(i))
	}
}

// below is the path of a member, element that of an element of a list. The whole has an empty path.
func below(path, name string) string {
	if path == "" || name == "" {
		return path + name
	}
	return path + "." + name
}

func element(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// kind says what a value of JSON is.
func kind(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("the text %q", v)
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	default:
		return fmt.Sprint(v) // a number, true or false
	}
}

// readJSON reads one value of JSON, with numbers as they stand.
func readJSON(text []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}
