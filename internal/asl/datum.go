package asl

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/publicmapping/districtbuilder-ops/internal/jsonata"
)

// maxPayload is the service's limit in bytes for an input, an output, a task's arguments or its result.
const maxPayload = 256 << 10

// A datum is a JSON value in both of its forms. It is never changed.
type datum struct {
	value any             // as package jsonata has it
	text  json.RawMessage // as the history has it
}

// newDatum writes a value as text. It fails for what JSON cannot hold.
func newDatum(value any) (*datum, error) {
	text, err := jsonata.Encode(value)
	if err != nil {
		return nil, err
	}
	return &datum{value: value, text: text}, nil
}

// readDatum reads JSON text.
func readDatum(text []byte) (*datum, error) {
	value, err := jsonata.Decode(text)
	if err != nil {
		return nil, err
	}
	return newDatum(value)
}

// datumOf turns what a task returned into a datum.
func datumOf(output any) (*datum, error) {
	if raw, ok := output.(json.RawMessage); ok {
		return readDatum(raw)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(output); err != nil {
		return nil, fmt.Errorf("a task's output is not JSON: %w", err)
	}
	return readDatum(text.Bytes())
}

func (d *datum) tooLarge() bool { return len(d.text) > maxPayload }
