package stack

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
	// By the environment's name; that of another variant than the example has the variant before it.
	environments map[string]environment
	templates    map[string]template
	// users are those of cdk.json, which whoever deploys has filled in; faulty says why there are none.
	users  map[string]template
	faulty error
}

// The files with settings.
var (
	settingsOf   = map[variants.Variant]string{variants.Example: "template/example.cdk.json", variants.Alternative: "template/alternative.cdk.json"}
	usersOwnFile = "../cdk.json"
)

// keyOf is the key of an environment in the synthesis.
func keyOf(v variants.Variant, environment string) string {
	if v == variants.Example {
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
	_, context, err := settings.Load(settingsOf[variants.Example])
	if err != nil {
		return s, err
	}
	delete(context, "dbops")
	app := awscdk.NewApp(&awscdk.AppProps{Context: &context, Outdir: jsii.String(filepath.Join(s.folder, "cdk.out"))})
	s.environments, s.templates, s.users = map[string]environment{}, map[string]template{}, map[string]template{}
	for _, v := range variants.Variants {
		if err := s.add(app, v, dist); err != nil {
			return s, err
		}
	}
	s.faulty = s.addUsers(app, dist)
	app.Synth(nil)
	for _, templates := range []map[string]template{s.templates, s.users} {
		for key, t := range templates {
			if err := t.read(); err != nil {
				return s, err
			}
			templates[key] = t
		}
	}
	return s, nil
}

// stageOf is a part of the app for stacks whose names others have too. cdk-nag looks at it.
func stageOf(app awscdk.App, name string) awscdk.Stage {
	stage := awscdk.Stage(app)
	if name != string(variants.Example) {
		stage = awscdk.NewStage(app, jsii.String(name), nil)
	}
	Check(stage)
	return stage
}

// add adds the stacks of a variant to the app.
func (s synthesis) add(app awscdk.App, v variants.Variant, dist string) error {
	all, _, err := settings.Load(settingsOf[v])
	if err != nil {
		return err
	}
	stage := stageOf(app, string(v))
	for _, e := range all {
		made, err := New(stage, e, dist)
		if err != nil {
			return err
		}
		key := keyOf(v, e.Name)
		t := templateOf(stage, made)
		t.variant = v
		s.environments[key], s.templates[key] = environment{e, dist}, t
	}
	return nil
}

// addUsers adds the stacks of cdk.json, with its own context.
func (s synthesis) addUsers(app awscdk.App, dist string) error {
	all, context, err := settings.Load(usersOwnFile)
	if err != nil {
		return err
	}
	stage := stageOf(app, "users")
	for key, value := range context {
		if key != "dbops" {
			stage.Node().SetContext(jsii.String(key), value)
		}
	}
	for _, e := range all {
		made, err := New(stage, e, dist)
		if err != nil {
			return err
		}
		s.users[e.Name] = templateOf(stage, made)
	}
	return nil
}

func templateOf(stage awscdk.Stage, made awscdk.Stack) template {
	return template{stack: *made.StackName(), file: filepath.Join(*stage.Outdir(), *made.TemplateFile())}
}

func (t *template) read() error {
	text, err := os.ReadFile(t.file)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, t)
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

// eachTemplate runs a test on every template, on those of cdk.json too.
func eachTemplate(t *testing.T, test func(*testing.T, template)) {
	s := synthesisOf(t)
	for key, of := range s.templates {
		t.Run(key, func(t *testing.T) { test(t, of) })
	}
	for name, of := range s.users {
		t.Run("cdk.json "+name, func(t *testing.T) { test(t, of) })
	}
}

// TestTheSettingsOfUsersAreGood is the only test of what stands in cdk.json, beside cdk-nag and cfn-lint, which look at
// its templates: no other may fail because somebody has filled it in.
func TestTheSettingsOfUsersAreGood(t *testing.T) {
	s := synthesisOf(t)
	if s.faulty != nil {
		t.Fatal(s.faulty)
	}
	if len(s.users) == 0 {
		t.Error("cdk.json has no environment")
	}
	_, example, err := settings.Load(settingsOf[variants.Example])
	if err != nil {
		t.Fatal(err)
	}
	_, users, err := settings.Load(usersOwnFile)
	if err != nil {
		t.Fatal(err)
	}
	for flag, want := range example { // else the templates that the tests look at are made in another way
		if got := users[flag]; flag != "dbops" && text(got) != text(want) {
			t.Errorf("context.%s in cdk.json is %s; all tests were made with %s", flag, text(got), text(want))
		}
	}
}

// TestNoOtherTestReadsTheSettingsOfUsers looks at the texts of all tests of the project.
func TestNoOtherTestReadsTheSettingsOfUsers(t *testing.T) {
	reads := regexp.MustCompile(`"(?:\.\./)+cdk\.json"|, "cdk\.json"\)`)
	found := map[string]int{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if entry.IsDir() && slices.Contains([]string{".git", "build", "cdk.out", "dist", "node_modules"}, entry.Name()) {
			return fs.SkipDir
		}
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if n := len(reads.FindAll(text, -1)); n > 0 {
			found[path] = n
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// In settings it is a file in a folder that the test makes.
	if want := map[string]int{"../stack/world_test.go": 1, "../stack/settings/settings_test.go": 1}; !maps.Equal(found, want) {
		t.Errorf("cdk.json is read by %v, want %v", found, want)
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
