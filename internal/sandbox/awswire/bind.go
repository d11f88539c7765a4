package awswire

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"
)

// Bind fills in, a pointer to a struct with json tags, from the call's parameters. Parameters that the struct does not
// have are ignored, as a simulated service knows only part of an API.
func (c *Call) Bind(in any) error {
	switch c.protocol {
	case Query:
		return bindForm(c.form, "", reflect.ValueOf(in).Elem())
	case CBOR:
		return bindCBOR(c.body, in)
	default:
		if len(c.body) == 0 {
			return nil
		}
		return json.Unmarshal(c.body, in)
	}
}

// bindForm reads Query's dotted parameters: Name, Name.member.1, Name.member.1.Field.
func bindForm(form url.Values, name string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		if !present(form, name) {
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return bindForm(form, name, v.Elem())
	case reflect.Slice:
		return bindMembers(form, name+".member.", v)
	case reflect.Struct:
		for i := range v.NumField() {
			if err := bindForm(form, join(name, fieldName(v.Type().Field(i))), v.Field(i)); err != nil {
				return err
			}
		}
		return nil
	default:
		return bindScalar(form.Get(name), name, v)
	}
}

func bindMembers(form url.Values, prefix string, list reflect.Value) error {
	for n := 1; present(form, prefix+strconv.Itoa(n)); n++ {
		element := reflect.New(list.Type().Elem()).Elem()
		if err := bindForm(form, prefix+strconv.Itoa(n), element); err != nil {
			return err
		}
		list.Set(reflect.Append(list, element))
	}
	return nil
}

func bindScalar(text, name string, v reflect.Value) (err error) {
	if text == "" {
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		var b bool
		b, err = strconv.ParseBool(text)
		v.SetBool(b)
	case reflect.Int, reflect.Int32, reflect.Int64:
		var n int64
		n, err = strconv.ParseInt(text, 10, 64)
		v.SetInt(n)
	default:
		err = fmt.Errorf("a %s cannot be read from Query", v.Kind())
	}
	if err != nil {
		return fmt.Errorf("parameter %s: %w", name, err)
	}
	return nil
}

// present reports whether the form has the parameter or anything below it.
func present(form url.Values, name string) bool {
	for key := range form {
		if key == name || strings.HasPrefix(key, name+".") {
			return true
		}
	}
	return false
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

// fieldName is the name on the wire: the json tag without its options.
func fieldName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// bindCBOR goes by way of JSON: the inputs are small.
func bindCBOR(body []byte, in any) error {
	if len(body) == 0 {
		return nil
	}
	value, err := cbor.Decode(body)
	if err != nil {
		return fmt.Errorf("decode CBOR: %w", err)
	}
	text, err := json.Marshal(plain(value))
	if err != nil {
		return fmt.Errorf("decode CBOR: %w", err)
	}
	return json.Unmarshal(text, in)
}

func plain(v cbor.Value) any {
	switch v := v.(type) {
	case cbor.Map:
		m := make(map[string]any, len(v))
		for key, value := range v {
			m[key] = plain(value)
		}
		return m
	case cbor.List:
		list := make([]any, len(v))
		for i, value := range v {
			list[i] = plain(value)
		}
		return list
	case cbor.String:
		return string(v)
	case cbor.Bool:
		return bool(v)
	case cbor.Float32:
		return float32(v)
	case cbor.Float64:
		return float64(v)
	case *cbor.Tag:
		return plain(v.Value)
	}
	if n, err := cbor.AsInt64(v); err == nil {
		return n
	}
	return nil
}
