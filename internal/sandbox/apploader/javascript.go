package apploader

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// message is an error of the application or its runtime: the wording, capitals and full stops are theirs.
type message string

// Error returns the text as the application logs it.
func (m message) Error() string { return string(m) }

const (
	noSuchKey     = message("NoSuchKey: The specified key does not exist.")
	unexpectedEnd = message("SyntaxError: Unexpected end of JSON input")
)

// undefined is the failure to read a property of something that is not there.
func undefined(property string) error {
	return message("TypeError: Cannot read properties of undefined (reading '" + property + "')")
}

// parseJSON is JSON.parse: exactly one value, and its errors.
func parseJSON(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &syntax):
		if errors.As(err, &kind) {
			return message("TypeError: " + kind.Field + " is not iterable")
		}
		return err
	case syntax.Error() == "unexpected end of JSON input":
		return unexpectedEnd
	}
	at := max(syntax.Offset-1, 0)
	token, _ := utf8.DecodeRune(data[min(at, int64(len(data))):])
	return message(fmt.Sprintf("SyntaxError: Unexpected token %c in JSON at position %d", token, at))
}
