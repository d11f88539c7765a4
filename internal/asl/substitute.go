package asl

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var placeholder = regexp.MustCompile(`\$\{([A-Za-z][A-Za-z0-9_-]*)\}`)

// Placeholders lists the names that stand as ${Name} in a definition, sorted, each once.
func Placeholders(text []byte) []string {
	var names []string
	for _, found := range placeholder.FindAllSubmatch(text, -1) {
		names = append(names, string(found[1]))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Substitute replaces each ${Name} by its value, escaped for the JSON string in which it stands,
// as DefinitionSubstitutions do at deployment. A name without a value is an error that lists all such names.
func Substitute(text []byte, values map[string]string) ([]byte, error) {
	var missing []string
	for _, name := range Placeholders(text) {
		if _, ok := values[name]; !ok {
			missing = append(missing, "${"+name+"}")
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("no value for %s", strings.Join(missing, ", "))
	}
	return placeholder.ReplaceAllFunc(text, func(found []byte) []byte {
		quoted, err := json.Marshal(values[string(found[2:len(found)-1])])
		if err != nil {
			return found
		}
		return quoted[1 : len(quoted)-1]
	}), nil
}
