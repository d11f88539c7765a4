// Package template holds the synthesised templates, as the test of package stack last wrote them: who reads them needs no
// CDK. There is one an environment for each variant of the settings.
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

// Variant is one way to fill in the settings. They do not stand in cdk.json, which is the user's.
type Variant string

// The variants. Alternative differs from Example wherever the settings leave a choice: the SQL functions log in by IAM
// authentication, the data is encrypted with keys of KMS, staging asks production's application for its regions, a second
// bucket holds new data, and no concurrency is reserved.
const (
	Example     Variant = "example"     // example.cdk.json, which is cdk.json before a user fills it in
	Alternative Variant = "alternative" // alternative.cdk.json
)

// Variants are all.
var Variants = []Variant{Example, Alternative}

// File is the name of the file that holds the template of Staging or Production.
func (v Variant) File(environment string) string {
	return string(v) + "-" + strings.ToLower(environment) + ".template.json"
}

// Text is the template of Staging or Production.
func (v Variant) Text(environment string) ([]byte, error) {
	text, err := files.ReadFile(v.File(environment))
	if err != nil {
		return nil, fmt.Errorf("template of %s, %s: %w", environment, v, err)
	}
	return text, nil
}
