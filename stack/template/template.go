// Package template holds the synthesised templates, one an environment, as the test of package stack last wrote them:
// who reads them needs no CDK.
//
// Three things are left out, because they are not the template's own: metadata, the hashes of the binaries (Code names
// the folder instead), and the text of the state machines (DefinitionString names the file instead).
package template

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed *.template.json
var files embed.FS

// Text is the template of Staging or Production.
func Text(environment string) ([]byte, error) {
	text, err := files.ReadFile(strings.ToLower(environment) + ".template.json")
	if err != nil {
		return nil, fmt.Errorf("template of %s: %w", environment, err)
	}
	return text, nil
}
