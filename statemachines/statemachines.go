// Package statemachines holds the state machines as they are deployed: one Amazon States Language file each,
// named as the machine is. Placeholders like ${ScaleService} stand for an action's function or for another machine.
package statemachines

import (
	"embed"
	"strings"
)

//go:embed *.asl.json
var files embed.FS

const extension = ".asl.json"

// Names lists the machines, sorted.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the directory is embedded
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), extension))
	}
	return names
}

// Text returns the definition of the machine, placeholders and all.
func Text(name string) ([]byte, error) { return files.ReadFile(name + extension) }

// Placeholder returns the substitution for an action or a machine: scale-service becomes ScaleService.
func Placeholder(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		if word == "uri" {
			b.WriteString("URI")
			continue
		}
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}
