package jsonata

import (
	"reflect"

	"github.com/recolabs/gnata"
)

// settingsName is the variable under which an evaluation's Settings hang. No expression can spell it.
const settingsName = " settings"

var (
	// builtins is the engine as it comes; ours call it where they only mend a corner.
	builtins = gnata.NewCustomEnv(nil)
	// engine is the root environment: the built-in functions with ours over them. It is only read afterwards.
	engine = withOwnFunctions(gnata.NewCustomEnv(nil))
)

// scope is the environment that a function is called in.
type scope interface {
	Lookup(name string) (any, bool)
}

// A function receives its evaluated arguments (nil is undefined, Null is null) and the context value.
type function func(args []any, focus any) (any, error)

// A scopedFunction also sees the environment.
type scopedFunction func(args []any, focus any, in scope) (any, error)

// withOwnFunctions puts our functions over the engine's own.
//
// A function that must tell null from undefined cannot go through gnata.CustomFunc, which turns both into nil,
// and the engine's own function types live in an internal package. Their underlying types are ordinary
// function types, though, so ours are converted to the type that a built-in of the same kind has.
func withOwnFunctions[E interface {
	scope
	Bind(name string, value any)
}](environment E) E {
	for name, f := range functions() {
		environment.Bind(name, reflect.ValueOf(f).Convert(reflect.TypeOf(builtin("count"))).Interface())
	}
	aware := reflect.TypeOf(builtin("map"))
	for name, f := range scopedFunctions() {
		typed := func(args []any, focus any, in E) (any, error) { return f(args, focus, in) }
		environment.Bind(name, reflect.ValueOf(typed).Convert(aware).Interface())
	}
	var native func(args []any, focus any, in E) (any, error)
	reflect.ValueOf(&native).Elem().Set(reflect.ValueOf(builtin("filter")).Convert(reflect.TypeOf(native)))
	filter := func(args []any, focus any, in E) (any, error) {
		result, err := native(args, focus, in)
		if items, ok := result.([]any); ok {
			return sequence(items), err
		}
		return result, err
	}
	environment.Bind("filter", reflect.ValueOf(filter).Convert(aware).Interface())
	for _, name := range []string{"eval", "values", "flatten"} { // not in 2.0.6 or not in Step Functions
		environment.Bind(name, nil)
	}
	return environment
}

// builtin returns the engine's own function.
func builtin(name string) any {
	value, _ := builtins.Lookup(name)
	return value
}

// native returns the engine's own function of the plain kind.
func native(name string) function {
	f := reflect.ValueOf(builtin(name)).Convert(reflect.TypeFor[func([]any, any) (any, error)]())
	return f.Interface().(func([]any, any) (any, error))
}

// sequenceType is the engine's own type for results that collapse: none is undefined, one is the item itself.
var sequenceType = func() reflect.Type {
	value, err := native("distinct")([]any{[]any{true, true}}, nil)
	if err != nil {
		panic("jsonata: " + err.Error())
	}
	return reflect.TypeOf(value).Elem()
}()

// sequence returns items as a result that collapses.
func sequence(items []any) any {
	value := reflect.New(sequenceType)
	value.Elem().FieldByName("Values").Set(reflect.ValueOf(items))
	return value.Interface()
}

// functions are those of Step Functions and those of the engine that need mending.
func functions() map[string]function {
	return map[string]function{
		"partition": partition, "range": rangeOf, "hash": hash, "parse": parse,
		"string": toString, "number": toNumber, "type": typeOf, "join": join, "match": match,
		"substring":  contextual("substring", func(first any) bool { _, number := first.(float64); return number }),
		"fromMillis": contextual("fromMillis", func(first any) bool { _, text := first.(string); return text }),
		"length":     contextual("length", func(any) bool { return false }),
	}
}

// scopedFunctions are those that read the evaluation's Settings.
func scopedFunctions() map[string]scopedFunction {
	return map[string]scopedFunction{
		"now": now, "millis": millis, "random": random, "uuid": uuid, "shuffle": shuffle,
	}
}
