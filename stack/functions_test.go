package stack

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/publicmapping/districtbuilder-ops/stack/settings"
	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// TestEveryActionIsDeployed compares the table with the folders of lambdas/, each of which is a function's main.
func TestEveryActionIsDeployed(t *testing.T) {
	entries, err := os.ReadDir("../lambdas")
	if err != nil {
		t.Fatal(err)
	}
	var folders, rows []string
	for _, e := range entries {
		if e.IsDir() {
			folders = append(folders, e.Name())
		}
	}
	for _, a := range actions {
		rows = append(rows, a.name)
	}
	slices.Sort(rows)
	if !slices.Equal(folders, rows) {
		t.Errorf("lambdas/ has %v\nthe table has %v", folders, rows)
	}
}

func TestFunctions(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		if got, want := len(tt.ofType("AWS::Lambda::Function")), len(e.actions()); got != want {
			t.Errorf("%d functions, want %d", got, want)
		}
		for _, a := range e.actions() {
			p := tt.named(t, "AWS::Lambda::Function", "FunctionName", e.named(a.name)).Properties
			for name, want := range map[string]string{
				"Runtime": `"provided.al2023"`, "Architectures": `["arm64"]`, "Handler": `"bootstrap"`, "TracingConfig": `{"Mode":"Active"}`,
			} {
				if got := text(p[name]); got != want {
					t.Errorf("%s: %s = %s, want %s", a.name, name, got, want)
				}
			}
			if got := at(p, "LoggingConfig", "LogFormat"); got != "JSON" {
				t.Errorf("%s: logs in %v", a.name, got)
			}
			if inVPC := p["VpcConfig"] != nil; inVPC != a.speaksSQL() {
				t.Errorf("%s: in the VPC is %t; only SQL functions belong there, the others need the AWS APIs", a.name, inVPC)
			}
			if reserved := p["ReservedConcurrentExecutions"] != nil; reserved != (a.alone && !e.NoReservedConcurrency) {
				t.Errorf("%s: concurrency reserved is %t", a.name, reserved)
			}
			log := tt.named(t, "AWS::Logs::LogGroup", "LogGroupName", e.logGroupOf(a.name))
			if log.Properties["RetentionInDays"] != float64(e.LogRetentionDays) {
				t.Errorf("%s: logs are kept %v days", a.name, log.Properties["RetentionInDays"])
			}
		}
	})
}

func TestProductionHasNothingThatWritesAURI(t *testing.T) {
	tt := synthesisOf(t).templates[settings.Production]
	for _, name := range []string{"set-region-uri", startUpdate} {
		for id := range tt.ofType("AWS::Lambda::Function") {
			if strings.HasSuffix(text(tt.Resources[id].Properties["FunctionName"]), name+`"`) {
				t.Errorf("production has %s", name)
			}
		}
	}
	if rules := tt.ofType("AWS::Events::Rule"); len(rules) != 4 {
		t.Errorf("%d rules, want only those for executions that did not succeed, and the lock's", len(rules))
	}
}

// task is a state of a machine that calls something.
type task struct {
	machine, name, function string
	timeout                 time.Duration
}

// tasks finds the tasks of a machine, those inside Map and Parallel too.
func tasks(machine string, states map[string]any) []task {
	var found []task
	for name, s := range states {
		if called, ok := at(s, "Arguments", "FunctionName").(string); ok {
			seconds, _ := at(s, "TimeoutSeconds").(float64)
			found = append(found, task{machine, name, strings.Trim(called, "${}"), time.Duration(seconds) * time.Second})
		}
		if inner, ok := at(s, "ItemProcessor", "States").(map[string]any); ok {
			found = append(found, tasks(machine, inner)...)
		}
		branches, _ := at(s, "Branches").([]any)
		for _, b := range branches {
			found = append(found, tasks(machine, at(b, "States").(map[string]any))...)
		}
	}
	return found
}

// TestAStateWaitsAtLeastAsLongAsItsFunction: else the state would go on, or call again, while the function is at work.
func TestAStateWaitsAtLeastAsLongAsItsFunction(t *testing.T) {
	timeouts := map[string]time.Duration{}
	for _, a := range actions {
		timeouts[statemachines.Placeholder(a.name)] = a.timeout
	}
	found := 0
	for _, name := range statemachines.Names() {
		machine, err := statemachines.Text(name)
		if err != nil {
			t.Fatal(err)
		}
		var whole map[string]any
		if err := json.Unmarshal(machine, &whole); err != nil {
			t.Fatal(err)
		}
		for _, task := range tasks(name, whole["States"].(map[string]any)) {
			found++
			limit, ok := timeouts[task.function]
			if !ok || task.timeout < limit {
				t.Errorf("%s: %s waits %s for %s, which may take %s (known: %t)", name, task.name, task.timeout, task.function, limit, ok)
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d tasks found", found)
	}
}

func TestEveryPlaceholderIsSubstitutedByAnAliasOrAMachine(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		for id, r := range tt.ofType("AWS::StepFunctions::StateMachine") {
			given := at(r.Properties, "DefinitionSubstitutions").(map[string]any)
			used := map[string]bool{}
			for _, found := range placeholder.FindAllStringSubmatch(r.Properties["DefinitionString"].(string), -1) {
				used[found[1]] = true
				switch value := given[found[1]].(type) {
				case string:
					if !strings.HasPrefix(value, "arn:aws:states:") {
						t.Errorf("%s: %s = %s, want a machine's ARN", id, found[1], value)
					}
				default:
					if ref, _ := at(value, "Ref").(string); tt.Resources[ref].Type != "AWS::Lambda::Alias" {
						t.Errorf("%s: %s = %s, want an alias", id, found[1], text(value))
					}
				}
			}
			if len(used) != len(given) || len(used) == 0 {
				t.Errorf("%s: %d placeholders and %d substitutions", id, len(used), len(given))
			}
		}
	})
}

func TestAnUnknownPlaceholderIsAnError(t *testing.T) {
	e := environment{Environment: settings.Environment{Name: settings.Production}}
	for _, name := range []string{"MoveRegions", "SetRegionURI"} {
		if _, err := callsOf(`{"FunctionName":"${`+name+`}"}`, e); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s on production: error = %v, want one that names it", name, err)
		}
	}
}

func TestWhatIsNotBuiltIsNamed(t *testing.T) {
	dist := t.TempDir()
	if err := pretendBuild(dist); err != nil {
		t.Fatal(err)
	}
	e := environment{settings.Environment{Name: settings.Staging, UploadBucket: "b"}, dist}
	if err := e.built(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(dist + "/scale-group/bootstrap"); err != nil {
		t.Fatal(err)
	}
	if err := e.built(); err == nil || !strings.Contains(err.Error(), "scale-group/bootstrap") || !strings.Contains(err.Error(), "make build") {
		t.Errorf("error = %v, want the missing file and what to do", err)
	}
}
