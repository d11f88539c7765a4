package jsonata

import (
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"unicode/utf16"
)

// contextual mends a function whose first parameter may be left out in favour of the context value. The reference
// decides by the arguments' types: shifted reports whether the first one belongs to the next parameter.
func contextual(name string, shifted func(first any) bool) function {
	own := native(name)
	return func(args []any, focus any) (any, error) {
		if len(args) == 0 || shifted(args[0]) {
			if focus == nil {
				return nil, nil
			}
			args = append([]any{focus}, args...)
		}
		return own(args, focus)
	}
}

// numeric is what $number reads.
var numeric = regexp.MustCompile(`^(-?(0|[1-9][0-9]*)(\.[0-9]+)?([Ee][-+]?[0-9]+)?|0[xX][0-9A-Fa-f]+|0[oO][0-7]+|0[bB][01]+)$`)

// toNumber is $number, strict about text.
func toNumber(args []any, focus any) (any, error) {
	if len(args) > 0 {
		if text, ok := args[0].(string); ok && !numeric.MatchString(text) {
			return nil, &Error{Code: "D3030", Message: "Unable to cast value to a number: " + string(appendString(nil, text))}
		}
	}
	return native("number")(args, focus)
}

// typeOf is $type, which calls a regular expression a function.
func typeOf(args []any, focus any) (any, error) {
	if len(args) == 1 && isRegex(args[0]) {
		return "function", nil
	}
	return native("type")(args, focus)
}

// isRegex knows the engine's regular expressions, its only values that are plain maps.
func isRegex(value any) bool {
	_, ok := value.(map[string]any)
	return ok
}

// join is $join, strict about its separator.
func join(args []any, focus any) (any, error) {
	if len(args) > 1 && args[1] != nil {
		if _, ok := args[1].(string); !ok {
			return nil, mistyped(2, "join")
		}
	}
	return native("join")(args, focus)
}

// match is $match(text, pattern [, limit]): index counts UTF-16 units as in JavaScript, and a group
// that took no part is null.
func match(args []any, _ any) (any, error) {
	args, err := arguments("match", args, 3)
	if err != nil || args[0] == nil {
		return nil, err
	}
	text, ok := args[0].(string)
	if !ok {
		return nil, mistyped(1, "match")
	}
	pattern, ok := args[1].(map[string]any)
	if !ok {
		return nil, mistyped(2, "match")
	}
	limit := math.Inf(1)
	if args[2] != nil {
		if limit, ok = args[2].(float64); !ok || limit < 0 {
			return nil, &Error{Code: "D3040", Message: "Third argument of match function must evaluate to a positive number"}
		}
	}
	source, _ := pattern["pattern"].(string)
	flags, _ := pattern["flags"].(string)
	compiled, err := compileRegex(source, flags)
	if err != nil {
		return nil, &Error{Code: "D3010", Message: err.Error()}
	}
	items := []any{}
	for _, at := range compiled.FindAllStringSubmatchIndex(text, -1) {
		if float64(len(items)) >= limit {
			break
		}
		items = append(items, matched(text, at))
	}
	return sequence(items), nil
}

// compileRegex compiles a JavaScript pattern; what only JavaScript has (look-around, references) is an error.
func compileRegex(source, flags string) (*regexp.Regexp, error) {
	prefix := ""
	for _, flag := range "im" {
		if strings.ContainsRune(flags, flag) {
			prefix += string(flag)
		}
	}
	if prefix != "" {
		source = "(?" + prefix + ")" + source
	}
	return regexp.Compile(source)
}

func matched(text string, at []int) any {
	groups := []any{}
	for i := 2; i < len(at); i += 2 {
		if at[i] < 0 {
			groups = append(groups, Null)
		} else {
			groups = append(groups, text[at[i]:at[i+1]])
		}
	}
	result := newObject()
	result.Set("match", text[at[0]:at[1]])
	result.Set("index", float64(len(utf16.Encode([]rune(text[:at[0]])))))
	result.Set("groups", groups)
	return result
}

// toString is $string(value [, prettify]): numbers with 15 significant digits, functions as "".
func toString(args []any, focus any) (any, error) {
	if len(args) == 0 {
		args = []any{focus}
	}
	args, err := arguments("string", args, 2)
	if err != nil || args[0] == nil {
		return nil, err
	}
	pretty, ok := args[1].(bool)
	if !ok && args[1] != nil {
		return nil, mistyped(2, "string")
	}
	if text, ok := args[0].(string); ok {
		return text, nil
	}
	if number, ok := args[0].(float64); ok && (math.IsInf(number, 0) || math.IsNaN(number)) {
		return nil, &Error{Code: "D3001", Message: "Attempting to invoke string function on Infinity or NaN"}
	}
	if TypeName(args[0]) == "function" || isRegex(args[0]) {
		return "", nil
	}
	text, err := Encode(presentable(args[0]))
	if err != nil || !pretty {
		return string(text), err
	}
	return indented(text), nil
}

// presentable copies a value with rounded numbers and with "" for functions.
func presentable(value any) any {
	switch value := value.(type) {
	case float64:
		if math.IsInf(value, 0) || math.IsNaN(value) {
			return Null
		}
		return roundDigits(value)
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = presentable(item)
		}
		return items
	case object:
		fields := newObject()
		for _, key := range value.Keys() {
			item, _ := value.Get(key)
			fields.Set(key, presentable(item))
		}
		return fields
	}
	if TypeName(value) == "function" {
		return ""
	}
	return value
}

func indented(text []byte) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if encoder.Encode(json.RawMessage(text)) != nil {
		return string(text)
	}
	return strings.TrimSuffix(out.String(), "\n")
}
