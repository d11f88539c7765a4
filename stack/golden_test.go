package stack

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

var update = flag.Bool("update", false, "write the golden templates")

// TestGoldenTemplates keeps stack/template in step with what is synthesised: others read the templates from there.
func TestGoldenTemplates(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		text, err := os.ReadFile(tt.file)
		if err != nil {
			t.Fatal(err)
		}
		got := normalised(t, text, e)
		file := filepath.Join("template", tt.variant.File(e.Name))
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what is synthesised, first at line %d; run: go test ./stack -run Golden -update", file, firstDifference(got, want))
		}
	})
}

// normalised leaves out what is not the template's own: see package template.
func normalised(t *testing.T, text []byte, e environment) []byte {
	t.Helper()
	var whole map[string]any
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	for _, r := range whole["Resources"].(map[string]any) {
		delete(r.(map[string]any), "Metadata")
		p, _ := at(r, "Properties").(map[string]any)
		switch at(r, "Type") {
		case "AWS::Lambda::Function":
			p["Code"] = map[string]any{"Folder": "dist/" + strings.TrimPrefix(p["FunctionName"].(string), e.Prefix())}
		case "AWS::StepFunctions::StateMachine":
			name := strings.TrimPrefix(p["StateMachineName"].(string), e.Prefix())
			if machine, err := statemachines.Text(name); err != nil || p["DefinitionString"] != string(machine) {
				t.Errorf("the text of %s in the template is not that of its file (%v)", name, err)
			}
			p["DefinitionString"] = "statemachines/" + name + ".asl.json"
		}
	}
	var out bytes.Buffer
	encode := json.NewEncoder(&out)
	encode.SetEscapeHTML(false)
	encode.SetIndent("", " ")
	if err := encode.Encode(whole); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func firstDifference(a, b []byte) int {
	theirs := bytes.Split(b, []byte("\n"))
	for i, line := range bytes.Split(a, []byte("\n")) {
		if i >= len(theirs) || !bytes.Equal(line, theirs[i]) {
			return i + 1
		}
	}
	return len(theirs)
}
