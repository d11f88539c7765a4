package template

import (
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/publicmapping/districtbuilder-ops/lambdas"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// optional are variables that an action looks for and that a deployment may leave out.
var optional = []string{"DATABASE_SECRET_ARN", "DATABASE_CA_FILE", "OTHER_DATABASE_HOST", "OTHER_REGIONS_URL", "OTHER_ENVIRONMENT"}

func load(t *testing.T, environment string) Template {
	t.Helper()
	found, err := Load(environment)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestEveryFunctionStartsWithItsVariables builds each action from exactly the variables that its function has:
// none may be missing, and none may be there that the action does not look at.
func TestEveryFunctionStartsWithItsVariables(t *testing.T) {
	for _, environment := range []string{"Staging", "Production"} {
		for _, f := range load(t, environment).Functions() {
			build, ok := lambdas.Actions[f.Action]
			if !ok {
				t.Logf("%s is no action of package lambdas", f.Action)
				continue
			}
			t.Run(environment+"/"+f.Action, func(t *testing.T) {
				looked := map[string]bool{}
				getenv := func(name string) string {
					looked[name] = true
					if name == "DATABASE_CA_FILE" {
						return "" // it is in the function's package only
					}
					return f.Variables[name]
				}
				env := lambdarun.Env{Getenv: getenv, AWS: aws.Config{Region: "us-east-1"}, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
				if _, err := build(t.Context(), env); err != nil {
					t.Errorf("cannot start: %v", err)
				}
				for name := range f.Variables {
					if !looked[name] {
						t.Errorf("%s is set, but not read", name)
					}
				}
				for name := range looked {
					if f.Variables[name] == "" && !slices.Contains(optional, name) {
						t.Errorf("%s is read, but not set", name)
					}
				}
			})
		}
	}
}

func TestMachinesCallFunctionsThatExist(t *testing.T) {
	for _, environment := range []string{"Staging", "Production"} {
		tt := load(t, environment)
		functions, machines := map[string]bool{}, map[string]bool{}
		for _, f := range tt.Functions() {
			functions[f.Name+":live"] = true
		}
		for _, m := range tt.Machines() {
			machines[m.Name] = true
		}
		for _, m := range tt.Machines() {
			if _, err := statemachines.Text(strings.TrimSuffix(strings.TrimPrefix(m.File, "statemachines/"), ".asl.json")); err != nil {
				t.Errorf("%s: %v", m.Name, err)
			}
			for placeholder, called := range m.Substitutions {
				nested := called[strings.LastIndex(called, ":")+1:]
				if !functions[called] && !machines[nested] {
					t.Errorf("%s: ${%s} stands for %s, which does not exist", m.Name, placeholder, called)
				}
			}
		}
	}
}

func TestEveryFunctionAndMachineHasARoleOfItsOwn(t *testing.T) {
	for _, environment := range []string{"Staging", "Production"} {
		tt := load(t, environment)
		roles := map[string]int{}
		for _, r := range tt.Roles() {
			if len(r.Statements) < 2 {
				t.Errorf("%s has %d statements", r.Name, len(r.Statements))
			}
			roles[r.Name] = 0
		}
		for _, f := range tt.Functions() {
			roles[f.Role]++
		}
		for _, m := range tt.Machines() {
			roles[m.Role]++
		}
		for name, users := range roles {
			if users != 1 {
				t.Errorf("%s: role %q has %d users", environment, name, users)
			}
		}
	}
}

func TestConditionsAndPatternsAreRead(t *testing.T) {
	tt := load(t, "Staging")
	if got := tt.Patterns()["dbops-staging-upload"]; !strings.Contains(got, `"wildcard":"updates/*.json"`) {
		t.Errorf("pattern = %s", got)
	}
	for _, r := range tt.Roles() {
		for _, s := range r.Statements {
			if r.Name == "dbops-staging-scale-service" && s.Sid == "ScaleService" {
				if got := s.Conditions["ArnEquals"]["ecs:cluster"]; !slices.Equal(got, []string{"arn:aws:ecs:us-east-1:111122223333:cluster/ecsStagingCluster"}) || s.Policy != "calls" {
					t.Errorf("conditions = %v of policy %s", s.Conditions, s.Policy)
				}
				return
			}
		}
	}
	t.Error("scale-service has no statement ScaleService")
}
