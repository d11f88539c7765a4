package statemachines

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// The rules of docs/architecture.md for state machines as files, beyond what the interpreter's own Parse refuses.

type state struct {
	Type, Comment, Resource, QueryLanguage string
	Arguments                              struct{ FunctionName string }
	TimeoutSeconds                         int
	Retry                                  []retrier
	Catch                                  []catcher
	ItemProcessor                          struct{ States map[string]state }
}

type retrier struct {
	ErrorEquals     []string
	MaxAttempts     *int
	MaxDelaySeconds int
	JitterStrategy  string
}

type catcher struct {
	Comment, Next string
	ErrorEquals   []string
}

type machine struct {
	Comment, QueryLanguage string
	TimeoutSeconds         int
	States                 map[string]state
}

func load(t *testing.T, name string) machine {
	t.Helper()
	text, err := Text(name)
	if err != nil {
		t.Fatal(err)
	}
	var m machine
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// all are the states of a machine, those inside Maps too.
func (m machine) all() map[string]state {
	found := maps.Clone(m.States)
	for _, s := range m.States {
		maps.Copy(found, s.ItemProcessor.States)
	}
	return found
}

// transient are the errors after which the same call may succeed; each Task that invokes a function retries them.
var transient = []string{"Unavailable", "Lambda.ClientExecutionTimeoutException", "Lambda.ServiceException",
	"Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException"}

// broken are the rules that a state breaks.
func broken(name string, s state) (rules []string) {
	say := func(format string, args ...any) { rules = append(rules, name+": "+fmt.Sprintf(format, args...)) }
	if s.Comment == "" {
		say("has no Comment")
	}
	if !regexp.MustCompile(`^[A-Z][A-Za-z]*\??$`).MatchString(name) || !unicode.IsUpper(rune(name[0])) {
		say("is not a Pascal verb phrase")
	}
	if strings.HasSuffix(name, "?") != (s.Type == "Choice") {
		say("a Choice, and nothing else, ends in a question mark")
	}
	if s.Type != "Task" {
		return rules
	}
	if s.TimeoutSeconds == 0 {
		say("has no TimeoutSeconds")
	}
	if strings.HasSuffix(s.Resource, "lambda:invoke") {
		for _, e := range transient {
			if !s.retries(e) {
				say("does not retry %s", e)
			}
		}
	}
	for _, r := range s.Retry {
		if r.MaxAttempts != nil && *r.MaxAttempts == 0 {
			continue
		}
		if r.MaxDelaySeconds == 0 || r.JitterStrategy != "FULL" {
			say("a Retry has no MaxDelaySeconds or no full jitter")
		}
	}
	if len(s.Catch) == 0 || !slices.Equal(s.Catch[len(s.Catch)-1].ErrorEquals, []string{"States.ALL"}) {
		say("does not catch States.ALL alone and last")
	}
	for _, c := range s.Catch {
		if c.Comment == "" {
			say("a Catch does not say what is left behind")
		}
	}
	return rules
}

func (s state) retries(e string) bool {
	return slices.ContainsFunc(s.Retry, func(r retrier) bool {
		return slices.Contains(r.ErrorEquals, e) || slices.Contains(r.ErrorEquals, "States.ALL")
	})
}

// mapCatches are the Tasks whose errors their Map catches: the Map fails early on purpose.
var mapCatches = []string{"BackUpRegion"}

func TestMachinesKeepTheRules(t *testing.T) {
	for _, name := range Names() {
		m := load(t, name)
		if m.QueryLanguage != "JSONata" || m.TimeoutSeconds == 0 || !strings.HasPrefix(m.Comment, name+": ") {
			t.Errorf("%s: expected JSONata, a timeout, and a Comment that begins with the name", name)
		}
		for stateName, s := range m.all() {
			for _, rule := range broken(stateName, s) {
				if slices.Contains(mapCatches, stateName) && strings.HasSuffix(rule, "States.ALL alone and last") {
					continue
				}
				t.Errorf("%s: %s", name, rule)
			}
		}
		for _, end := range []string{"FailedClean", "FailedDirty"} {
			if m.States[end].Type != "Fail" {
				t.Errorf("%s has no end %s", name, end)
			}
		}
	}
}

func TestRulesNoticeAFault(t *testing.T) {
	good := load(t, "restart-services").States["FenceGroup"]
	if rules := broken("FenceGroup", good); rules != nil {
		t.Fatalf("the good state breaks %q", rules)
	}
	tests := []struct {
		name  string
		state string
		spoil func(*state)
	}{
		{"no comment", "FenceGroup", func(s *state) { s.Comment = "" }},
		{"no timeout", "FenceGroup", func(s *state) { s.TimeoutSeconds = 0 }},
		{"no retry", "FenceGroup", func(s *state) { s.Retry = nil }},
		{"no jitter", "FenceGroup", func(s *state) { s.Retry = slices.Clone(s.Retry); s.Retry[0].JitterStrategy = "" }},
		{"no catch", "FenceGroup", func(s *state) { s.Catch = nil }},
		{"a catch without words", "FenceGroup", func(s *state) { s.Catch = slices.Clone(s.Catch); s.Catch[0].Comment = "" }},
		{"a Task that asks", "Fenced?", func(*state) {}},
		{"a name in lower case", "fenceGroup", func(*state) {}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := good
			tt.spoil(&s)
			if broken(tt.state, s) == nil {
				t.Error("no rule noticed it")
			}
		})
	}
}

// packages say where an action's errors come from; lambdas.Actions has the same pairs, but linking it here would
// bring every SDK into this test.
var packages = map[string]string{
	"find-regions": "regiondb", "bump-versions": "regiondb", "set-region-uri": "regiondb", "inspect-region": "regiondata",
	"backup-region": "regioncopy", "overwrite-region": "regioncopy", "restore-region": "regioncopy",
	"acquire-lock": "journal", "release-lock": "journal", "commit-run": "journal", "list-left": "journal", "watch-lock": "journal", "plan-update": "plan",
	"survey-fleet": "fleet", "fence-group": "fleet", "scale-group": "fleet", "scale-service": "fleet", "poll-health": "fleet",
	"protect-tasks": "fleet", "stop-tasks": "fleet",
}

// TestErrorNamesAreReturnedWhereTheyAreCaught: each name of ours in a machine is one that the function it stands beside can
// return, and each name that a function can return is caught by name or by States.ALL.
func TestErrorNamesAreReturnedWhereTheyAreCaught(t *testing.T) {
	declared := declaredNames(t)
	used := map[string]bool{}
	for action, pkg := range packages {
		for name := range returnedNames(t, pkg) {
			used[name] = true
		}
		_ = action
	}
	for name := range declared {
		if !used[name] && name != "InvalidInput" && name != "Unavailable" && name != "Internal" {
			t.Errorf("fault.%s is returned by no action", name)
		}
	}
	for _, machineName := range Names() {
		for stateName, s := range load(t, machineName).all() {
			for _, e := range s.caught() {
				if !declared[e] {
					t.Errorf("%s/%s names %s, which pkg/fault does not declare", machineName, stateName, e)
				}
				if pkg := s.pkg(); e != "InvalidInput" && e != "Unavailable" && e != "Internal" && !returnedNames(t, pkg)[e] {
					t.Errorf("%s/%s names %s, which pkg/%s never returns", machineName, stateName, e, pkg)
				}
			}
		}
	}
}

// caught are the names of ours that a state mentions.
func (s state) caught() (names []string) {
	var all []string
	for _, c := range s.Catch {
		all = append(all, c.ErrorEquals...)
	}
	for _, r := range s.Retry {
		all = append(all, r.ErrorEquals...)
	}
	for _, e := range all {
		if !strings.Contains(e, ".") {
			names = append(names, e)
		}
	}
	return names
}

func (s state) pkg() string {
	for action, pkg := range packages {
		if s.Arguments.FunctionName == "${"+Placeholder(action)+"}" {
			return pkg
		}
	}
	return ""
}

// declaredNames reads the constants of pkg/fault.
func declaredNames(t *testing.T) map[string]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../pkg/fault/fault.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && spec.Names[0].IsExported() {
			names[spec.Names[0].Name] = true
		}
		return true
	})
	return names
}

// returnedNames finds every fault.X in a package, its tests left out.
func returnedNames(t *testing.T, pkg string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "pkg", pkg, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		for _, m := range regexp.MustCompile(`fault\.([A-Z][A-Za-z]+)`).FindAllStringSubmatch(string(text), -1) {
			names[m[1]] = true
		}
	}
	return names
}
