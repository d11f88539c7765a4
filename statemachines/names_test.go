package statemachines

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// common are the names that every action can return.
var common = []string{"InvalidInput", "Unavailable", "Internal"}

// TestErrorNamesAreReturnedWhereTheyAreCaught: each name of ours in a machine is one that the function it stands beside can
// return, and each that pkg/fault declares is one that some function can return.
func TestErrorNamesAreReturnedWhereTheyAreCaught(t *testing.T) {
	declared, source := declaredNames(t), parse(t, "../pkg/*/*.go")
	returned, used := map[string][]string{}, map[string]bool{}
	for action, builder := range builders(t) {
		returned[action] = append(source.returns(builder), common...)
		for _, name := range returned[action] {
			used[name] = true
		}
	}
	for name := range declared {
		if !used[name] {
			t.Errorf("fault.%s is returned by no action", name)
		}
	}
	seen := 0
	for _, machineName := range Names() {
		for stateName, s := range load(t, machineName).all() {
			for _, e := range s.caught() {
				seen++
				if action := s.action(t); !declared[e] || !slices.Contains(returned[action], e) {
					t.Errorf("%s/%s names %s, which %s never returns, only %v", machineName, stateName, e, action, returned[action])
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d names found", seen)
	}
}

// TestReturnsAreThoseOfTheAction, and not of its whole package.
func TestReturnsAreThoseOfTheAction(t *testing.T) {
	source, all := parse(t, "../pkg/*/*.go"), builders(t)
	for action, want := range map[string][]string{
		"stop-tasks":     {"InvalidInput", "ServiceNotFound", "UnexpectedTasks"},
		"scale-group":    {"InvalidInput", "OutsideGroupLimits"},
		"inspect-region": {"InvalidInput", "MapsWouldBreak", "RegionDataInvalid", "SourceChanged"},
		"plan-update":    {"InvalidInput"},
	} {
		if diff := cmp.Diff(want, source.returns(all[action])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", action, diff)
		}
	}
}

// TestTheDocumentationNamesTheErrors: its table of actions has, for each, the errors that only some actions return.
func TestTheDocumentationNamesTheErrors(t *testing.T) {
	text, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	written := map[string][]string{}
	for _, row := range regexp.MustCompile(`(?m)^\| ([a-z-]+(?:, [a-z-]+)*) \| [a-z, ]+ \| .* \| ?([^|]*)\|$`).FindAllStringSubmatch(string(text), -1) {
		for action := range strings.SplitSeq(row[1], ", ") {
			for _, name := range regexp.MustCompile("`([A-Za-z]+)`").FindAllStringSubmatch(row[2], -1) {
				written[action] = append(written[action], name[1])
			}
			slices.Sort(written[action])
		}
	}
	source := parse(t, "../pkg/*/*.go")
	for action, builder := range builders(t) {
		want := slices.DeleteFunc(source.returns(builder), func(name string) bool { return slices.Contains(common, name) })
		if diff := cmp.Diff(strings.Join(want, ", "), strings.Join(written[action], ", ")); diff != "" {
			t.Errorf("%s (-code +docs):\n%s", action, diff)
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

// action is the one that a state invokes, "" if it invokes none.
func (s state) action(t *testing.T) string {
	for name := range builders(t) {
		if s.Arguments.FunctionName == "${"+Placeholder(name)+"}" {
			return name
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
