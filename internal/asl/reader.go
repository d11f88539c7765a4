package asl

import (
	"math"
	"slices"
	"strings"
)

// An objectReader reads the fields of one object of a definition, and notes what is wrong with them.
type objectReader struct {
	p      *parser
	prefix string // path of the object in its state, with a slash at the end if not empty
	fields fields
}

// object begins to read an object that may have the known fields only.
func (p *parser) object(prefix string, value any, known ...string) (*objectReader, bool) {
	object, ok := value.(fields)
	if !ok {
		p.problem(strings.TrimSuffix(prefix, "/"), "must be an object")
		return nil, false
	}
	for _, key := range object.Keys() {
		if slices.Contains(known, key) {
			continue
		}
		if isJSONPath(key) {
			p.problem(prefix+key, "belongs to JSONPath; this is a JSONata state")
		} else {
			p.problem(prefix+key, "is no field that can stand here")
		}
	}
	return &objectReader{p: p, prefix: prefix, fields: object}, true
}

// isJSONPath knows the fields that only JSONPath states have.
func isJSONPath(key string) bool {
	return strings.HasSuffix(key, "Path") || strings.HasSuffix(key, ".$") ||
		slices.Contains([]string{"Parameters", "Result", "ResultSelector", "Variable", "Iterator", "And", "Or", "Not"}, key)
}

func (o *objectReader) has(key string) bool {
	_, ok := o.fields.Get(key)
	return ok
}

// text reads a string that may be absent.
func (o *objectReader) text(key string) string {
	value, ok := o.fields.Get(key)
	text, isText := value.(string)
	if ok && !isText {
		o.p.problem(o.prefix+key, "must be a string")
	}
	return text
}

// number reads a number that may be absent.
func (o *objectReader) number(key string, least, most float64, whole bool) (float64, bool) {
	value, ok := o.fields.Get(key)
	if !ok {
		return 0, false
	}
	number, ok := value.(float64)
	if !ok || number < least || number > most || whole && number != math.Trunc(number) {
		o.p.problem(o.prefix+key, "must be a number from %v to %v", least, most)
		return 0, false
	}
	return number, true
}

// numeric reads a number or an expression; nil if absent.
func (o *objectReader) numeric(key string, least, most float64, whole bool) *template {
	value, ok := o.fields.Get(key)
	if !ok {
		return nil
	}
	if _, ok := value.(string); ok {
		return o.expression(key)
	}
	o.number(key, least, most, whole)
	return o.template(key, plain)
}

// expression reads what must be an expression string; nil if absent.
func (o *objectReader) expression(key string) *template {
	text := o.text(key)
	if o.has(key) && !strings.HasPrefix(text, "{%") {
		o.p.problem(o.prefix+key, "must be an expression {%% … %%}")
	}
	return o.template(key, plain)
}

// template reads any value with expressions in it; nil if absent.
func (o *objectReader) template(key string, at place) *template {
	value, ok := o.fields.Get(key)
	if !ok {
		return nil
	}
	return o.p.template(o.prefix+key, value, at)
}

// list reads an array that may be absent.
func (o *objectReader) list(key string) []any {
	value, ok := o.fields.Get(key)
	items, isList := value.([]any)
	if ok && !isList {
		o.p.problem(o.prefix+key, "must be a list")
	}
	return items
}

// outcome reads Assign and Output.
func (o *objectReader) outcome(at place) outcome {
	result := outcome{output: o.template("Output", at)}
	value, ok := o.fields.Get("Assign")
	if !ok {
		return result
	}
	variables, isObject := value.(fields)
	if !isObject {
		o.p.problem(o.prefix+"Assign", "must be an object")
		return result
	}
	for _, name := range variables.Keys() {
		value, _ := variables.Get(name)
		path := o.prefix + "Assign/" + name
		if !isVariableName(name) {
			o.p.problem(path, "a variable's name is a letter or _ and up to 79 letters, digits or _, and not states")
		}
		result.assign = append(result.assign, assignment{name, o.p.template(path, value, at)})
	}
	return result
}

func isVariableName(name string) bool {
	if name == "" || len(name) > 80 || name == "states" {
		return false
	}
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 127
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return true
}
