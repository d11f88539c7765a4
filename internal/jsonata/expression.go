package jsonata

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/recolabs/gnata"
)

// Expression is a compiled expression. It may be evaluated by many goroutines at once.
type Expression struct {
	text     string
	compiled *gnata.Expression
	uses     Uses
}

// Compile reads an expression, given without the {% and %} around it.
// It refuses what JSONata 2.0.6 refuses and what this engine would answer differently.
func Compile(text string) (*Expression, error) {
	uses, err := check(text)
	if err != nil {
		return nil, fmt.Errorf("JSONata expression %q: %w", text, err)
	}
	compiled, err := gnata.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("JSONata expression %q: %w", text, err)
	}
	return &Expression{text: text, compiled: compiled, uses: uses}, nil
}

// String returns the expression's text.
func (e *Expression) String() string { return e.text }

// Uses returns what the expression refers to.
func (e *Expression) Uses() Uses { return e.uses }

// Settings are what an evaluation takes from outside, so that a test can fix them.
// The zero value means the real clock and real randomness.
type Settings struct {
	Now    func() time.Time // for $now and $millis; read once an evaluation
	Random func() float64   // for $random() and $shuffle: 0 <= n < 1
	UUID   func() string    // for $uuid()

	frozen time.Time // the moment that this evaluation sees, once it has asked
}

// Eval evaluates with the given variables (names without $; values from Decode, FromGo or Eval).
// ok is false if the result is undefined; null is Null with ok true.
func (e *Expression) Eval(bindings map[string]any) (value any, ok bool, err error) {
	return e.EvalWith(bindings, Settings{})
}

// EvalWith is Eval with its own clock and randomness.
func (e *Expression) EvalWith(bindings map[string]any, settings Settings) (value any, ok bool, err error) {
	environment := engine.Clone()
	for name, bound := range bindings {
		environment.Bind(name, bound)
	}
	environment.Bind(settingsName, &settings)
	result, err := e.compiled.EvalWithCustomFuncs(context.Background(), nil, environment)
	if err != nil {
		return nil, false, evaluationError(err)
	}
	return result, result != nil, nil
}

// Error is a failed evaluation. Code is JSONata's own (T2001, D3030, …), empty if there is none.
type Error struct {
	Code    string
	Message string
}

// Error returns the message with its code before it, as Step Functions shows it.
func (e *Error) Error() string {
	if e.Code == "" {
		return e.Message
	}
	return e.Code + ": " + e.Message
}

func evaluationError(err error) error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	text := err.Error()
	if len(text) > 7 && text[5:7] == ": " {
		return &Error{Code: text[:5], Message: text[7:]}
	}
	if len(text) == 5 {
		return &Error{Code: text, Message: "evaluation failed"}
	}
	return &Error{Message: text}
}
