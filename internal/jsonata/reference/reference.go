// Package reference compares internal/jsonata with the reference implementation, npm's jsonata 2.0.6 in Node.
//
// It needs node and the pinned module: npm ci --prefix internal/jsonata/reference. Without them Available says
// what is missing, and tests skip. Nothing else in the project needs Node.
package reference

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"

	"github.com/publicmapping/districtbuilder-ops/internal/jsonata"
)

// version is the one that Step Functions implements.
const version = "2.0.6"

// Case is one evaluation. Bindings are plain Go values or values of package jsonata, by variable name without $.
type Case struct {
	Expr     string
	Bindings map[string]any
}

// Difference is a case that the two implementations answer differently.
// Ours and Theirs are the result's JSON text, "undefined", "unsupported", "refused: …" (at compilation)
// or "error: …".
type Difference struct {
	Case   Case
	Ours   string
	Theirs string
}

// String shows the case and both answers.
func (d Difference) String() string {
	bindings, _ := encode(d.Case.Bindings)
	return fmt.Sprintf("%s\n  with %s\n  ours:   %s\n  theirs: %s", d.Case.Expr, bindings, d.Ours, d.Theirs)
}

// Available returns nil if the reference implementation can be run here, else what is missing.
func Available() error {
	if _, err := exec.LookPath("node"); err != nil {
		return errors.New("node is not installed")
	}
	var installed struct{ Version string }
	text, err := os.ReadFile(filepath.Join(directory(), "node_modules", "jsonata", "package.json"))
	if err == nil {
		err = json.Unmarshal(text, &installed)
	}
	if err != nil || installed.Version != version {
		return fmt.Errorf("npm's jsonata %s is not installed: npm ci --prefix internal/jsonata/reference", version)
	}
	return nil
}

// directory is where this file, the script and node_modules lie.
func directory() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

// Compare evaluates every case with both implementations, in one Node process, and returns the differences.
// That both fail is agreement; the texts of errors are not compared.
func Compare(ctx context.Context, cases []Case) ([]Difference, error) {
	if err := Available(); err != nil {
		return nil, err
	}
	theirs, err := evaluate(ctx, cases)
	if err != nil {
		return nil, err
	}
	var differences []Difference
	for i, c := range cases {
		if ours := own(c); !same(ours, theirs[i]) {
			differences = append(differences, Difference{Case: c, Ours: ours.text, Theirs: theirs[i].text})
		}
	}
	return differences, nil
}

// An answer is a result: kind is value, undefined, unsupported or error.
type answer struct{ kind, text string }

// fails reports whether the state would fail: by an error, or by a result that JSON cannot hold.
func (a answer) fails() bool { return a.kind == "error" || a.kind == "unsupported" }

func same(a, b answer) bool {
	if a.kind != b.kind || a.kind != "value" {
		return a.kind == b.kind || a.fails() && b.fails()
	}
	var x, y any
	if json.Unmarshal([]byte(a.text), &x) != nil || json.Unmarshal([]byte(b.text), &y) != nil {
		return false
	}
	return reflect.DeepEqual(x, y)
}

// own evaluates with package jsonata.
func own(c Case) answer {
	expression, err := jsonata.Compile(c.Expr)
	if err != nil {
		return answer{"error", "refused: " + err.Error()}
	}
	bindings, err := decoded(c.Bindings)
	if err != nil {
		return answer{"invalid", err.Error()}
	}
	value, ok, err := expression.Eval(bindings)
	if errors.Is(err, jsonata.ErrUnsupported) {
		return answer{"unsupported", "unsupported"}
	}
	if err != nil {
		return answer{"error", "error: " + err.Error()}
	}
	if !ok {
		return answer{"undefined", "undefined"}
	}
	text, err := jsonata.Encode(value)
	if err != nil {
		return answer{"unsupported", "unsupported"}
	}
	return answer{"value", string(text)}
}

// evaluate runs all cases through the script.
func evaluate(ctx context.Context, cases []Case) ([]answer, error) {
	var input bytes.Buffer
	for _, c := range cases {
		bindings, err := encode(c.Bindings)
		if err != nil {
			return nil, fmt.Errorf("bindings of %q: %w", c.Expr, err)
		}
		line, err := json.Marshal(map[string]any{"expr": c.Expr, "bindings": json.RawMessage(bindings)})
		if err != nil {
			return nil, err
		}
		input.Write(append(line, '\n'))
	}
	var errs bytes.Buffer
	command := exec.CommandContext(ctx, "node", "evaluate.cjs")
	command.Dir, command.Stdin, command.Stderr = directory(), &input, &errs
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("run node: %w: %s", err, errs.Bytes())
	}
	answers, err := read(output)
	if err == nil && len(answers) != len(cases) {
		err = fmt.Errorf("node gave %d answers to %d cases", len(answers), len(cases))
	}
	return answers, err
}

func read(output []byte) ([]answer, error) {
	var answers []answer
	lines := bufio.NewScanner(bytes.NewReader(output))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var line struct {
			Value       json.RawMessage
			Undefined   bool
			Unsupported bool
			Error       string
			Code        string
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("answer of node: %w", err)
		}
		switch {
		case line.Undefined:
			answers = append(answers, answer{"undefined", "undefined"})
		case line.Unsupported:
			answers = append(answers, answer{"unsupported", "unsupported"})
		case line.Value != nil:
			answers = append(answers, answer{"value", string(line.Value)})
		default:
			answers = append(answers, answer{"error", "error: " + line.Code + " " + line.Error})
		}
	}
	return answers, lines.Err()
}

// decoded turns bindings into values of package jsonata. A nil binding is null.
func decoded(bindings map[string]any) (map[string]any, error) {
	result := make(map[string]any, len(bindings))
	for name, value := range bindings {
		text, err := encodeOne(value)
		if err != nil {
			return nil, err
		}
		if result[name], err = jsonata.Decode(text); err != nil {
			return nil, err
		}
	}
	return result, nil
}

func encode(bindings map[string]any) ([]byte, error) {
	fields := make(map[string]json.RawMessage, len(bindings))
	for name, value := range bindings {
		text, err := encodeOne(value)
		if err != nil {
			return nil, err
		}
		fields[name] = text
	}
	return json.Marshal(fields)
}

func encodeOne(value any) ([]byte, error) {
	if raw, ok := value.(json.RawMessage); ok {
		return raw, nil
	}
	if text, err := jsonata.Encode(value); err == nil {
		return text, nil
	}
	return json.Marshal(value)
}
