package stack

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/publicmapping/districtbuilder-ops/stack/settings"
	variants "github.com/publicmapping/districtbuilder-ops/stack/template"
)

// template is a synthesised template.
type template struct {
	variant   variants.Variant
	stack     string // its name
	file      string
	Resources map[string]resource
	Outputs   map[string]any
}

type resource struct {
	Type                string
	Properties          map[string]any
	DeletionPolicy      string
	UpdateReplacePolicy string
	Metadata            map[string]any
}

// synthesis is what the settings of all variants give, with binaries that do nothing.
type synthesis struct {
	folder string
	// By the environment's name; that of another variant than the shipped one has the variant before it.
	environments map[string]environment
	templates    map[string]template
}

// settingsOf are the files with the variants' settings.
var settingsOf = map[variants.Variant]string{variants.Shipped: "../cdk.json", variants.Alternative: "template/alternative.cdk.json"}

// keyOf is the key of an environment in the synthesis.
func keyOf(v variants.Variant, environment string) string {
	if v == variants.Shipped {
		return environment
	}
	return string(v) + " " + environment
}

// synthesised is made once a test binary: starting the CDK takes ten seconds and more.
var synthesised = sync.OnceValues(synthesise)

func synthesise() (s synthesis, err error) {
	if s.folder, err = os.MkdirTemp("", "synthesis"); err != nil {
		return s, err
	}
	dist := filepath.Join(s.folder, "dist")
	if err := pretendBuild(dist); err != nil {
		return s, err
	}
	_, context, err := settings.Load(settingsOf[variants.Shipped])
	if err != nil {
		return s, err
	}
	delete(context, "dbops")
	app := awscdk.NewApp(&awscdk.AppProps{Context: &context, Outdir: jsii.String(filepath.Join(s.folder, "cdk.out"))})
	s.environments, s.templates = map[string]environment{}, map[string]template{}
	for _, v := range variants.Variants {
		if err := s.add(app, v, dist); err != nil {
			return s, err
		}
	}
	app.Synth(nil)
	for key, t := range s.templates {
		text, err := os.ReadFile(t.file)
		if err != nil {
			return s, err
		}
		if err := json.Unmarshal(text, &t); err != nil {
			return s, err
		}
		s.templates[key] = t
	}
	return s, nil
}

// add adds the stacks of a variant to the app. Their names are the same for all variants, so each has a stage of its own;
// that of the shipped one is the app.
func (s synthesis) add(app awscdk.App, v variants.Variant, dist string) error {
	all, _, err := settings.Load(settingsOf[v])
	if err != nil {
		return err
	}
	stage := awscdk.Stage(app)
	defer func() { Check(stage) }()
	if v != variants.Shipped {
		stage = awscdk.NewStage(app, jsii.String(string(v)), nil)
	}
	for _, e := range all {
		made, err := New(stage, e, dist)
		if err != nil {
			return err
		}
		key := keyOf(v, e.Name)
		s.environments[key] = environment{e, dist}
		s.templates[key] = template{variant: v, stack: *made.StackName(), file: filepath.Join(*stage.Outdir(), *made.TemplateFile())}
	}
	return nil
}

// pretendBuild puts a file in the place of every binary.
func pretendBuild(dist string) error {
	for _, a := range actions {
		if err := os.MkdirAll(filepath.Join(dist, a.name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dist, a.name, "bootstrap"), []byte(a.name), 0o755); err != nil {
			return err
		}
		if a.speaksSQL() {
			if err := os.WriteFile(filepath.Join(dist, a.name, caFile), nil, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestMain(m *testing.M) {
	code := m.Run()
	if s, err := synthesised(); err == nil {
		os.RemoveAll(s.folder)
	}
	jsii.Close()
	os.Exit(code)
}

func synthesisOf(t *testing.T) synthesis {
	t.Helper()
	s, err := synthesised()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// eachEnvironment runs a test on every environment's template.
func eachEnvironment(t *testing.T, test func(*testing.T, environment, template)) {
	s := synthesisOf(t)
	for name, e := range s.environments {
		t.Run(name, func(t *testing.T) { test(t, e, s.templates[name]) })
	}
}

// ofType returns the resources of a type by logical ID.
func (t template) ofType(kind string) map[string]resource {
	found := map[string]resource{}
	for id, r := range t.Resources {
		if r.Type == kind {
			found[id] = r
		}
	}
	return found
}

// named returns the one resource of a type whose property has the value.
func (t template) named(test *testing.T, kind, property, value string) resource {
	test.Helper()
	for _, r := range t.ofType(kind) {
		if r.Properties[property] == value {
			return r
		}
	}
	test.Fatalf("no %s with %s %s", kind, property, value)
	return resource{}
}

// at walks down maps and lists: at(v, "Targets", 0, "Arn").
func at(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			l, _ := v.([]any)
			if step >= len(l) {
				return nil
			}
			v = l[step]
		}
	}
	return v
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(b)
}

func list(v any) []string {
	switch v := v.(type) {
	case []any:
		var texts []string
		for _, one := range v {
			texts = append(texts, fmt.Sprint(one))
		}
		return texts
	case nil:
		return nil
	default:
		return strings.Fields(fmt.Sprint(v))
	}
}
