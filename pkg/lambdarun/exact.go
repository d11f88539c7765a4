package lambdarun

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// exact refuses names of fields that are spelt otherwise than in the type, at any depth. Go's decoder takes "dryrun" for
// dryRun. A state machine, which reads the same input, does not: it would do what was only to be planned.
func exact(payload []byte, t reflect.Type) error {
	var value any
	if err := json.Unmarshal(payload, &value); err != nil {
		return err
	}
	return spelt(value, t, "")
}

var decodesItself = reflect.TypeFor[json.Unmarshaler]()

func spelt(value any, t reflect.Type, where string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(decodesItself) {
		return nil
	}
	switch v := value.(type) {
	case map[string]any:
		var fields map[string]reflect.Type
		if t.Kind() == reflect.Struct {
			fields = fieldsOf(t)
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			field, known := fields[name]
			switch {
			case t.Kind() == reflect.Map:
				field = t.Elem()
			case t.Kind() != reflect.Struct:
				continue
			case !known:
				return fmt.Errorf("%sunknown field %q; expected one of %s, in this spelling", where, name, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
			}
			if err := spelt(v[name], field, where+name+": "); err != nil {
				return err
			}
		}
	case []any:
		if t.Kind() != reflect.Slice && t.Kind() != reflect.Array {
			return nil
		}
		for i, item := range v {
			if err := spelt(item, t.Elem(), fmt.Sprintf("%s[%d]: ", strings.TrimSuffix(where, ": "), i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// fieldsOf returns a struct's fields by their names in JSON, those of embedded structs too.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		embedded := f.Type
		if embedded.Kind() == reflect.Pointer {
			embedded = embedded.Elem()
		}
		switch {
		case name == "-" || !f.IsExported() && !f.Anonymous:
		case f.Anonymous && name == "" && embedded.Kind() == reflect.Struct:
			maps.Copy(fields, fieldsOf(embedded))
		case name == "":
			fields[f.Name] = f.Type
		default:
			fields[name] = f.Type
		}
	}
	return fields
}
