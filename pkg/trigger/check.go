package trigger

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Check checks the text of an update as an upload's is checked, and returns the execution's input: the text, compacted.
// Names must be spelt exactly: Go's decoder takes "dryrun" for dryRun, but the state machine does not, and would update.
func Check(text []byte) (input string, err error) {
	if len(text) > maxSize {
		return "", errTooLarge
	}
	if input, err = parse(text); err != nil {
		return "", err
	}
	var top struct{ Regions []map[string]json.RawMessage }
	fields := map[string]json.RawMessage{}
	for _, into := range []any{&top, &fields} {
		if err := json.Unmarshal([]byte(input), into); err != nil {
			return "", err
		}
	}
	if err := exact("", fields, "regions", "dryRun", "allowBreakingMaps", "reason"); err != nil {
		return "", err
	}
	for i, r := range top.Regions {
		if err := exact(fmt.Sprintf("regions[%d]: ", i), r, "uri", "source", "allowBreakingMaps"); err != nil {
			return "", err
		}
	}
	return input, nil
}

// exact refuses names that are spelt otherwise.
func exact(where string, fields map[string]json.RawMessage, known ...string) error {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%sunknown field %q; expected one of %s, in this spelling", where, name, strings.Join(known, ", "))
		}
	}
	return nil
}
