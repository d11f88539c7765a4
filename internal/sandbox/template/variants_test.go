package template

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/eventpattern"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
	stack "github.com/publicmapping/districtbuilder-ops/stack/template"
	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// example loads a template of the example settings.
func example(t *testing.T, environment string) *Template {
	t.Helper()
	return load(t, stack.Example, environment)
}

func load(t *testing.T, v stack.Variant, environment string) *Template {
	t.Helper()
	text, err := v.Text(environment)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(text, Options{Account: "111122223333", Region: "us-east-1",
		Definition: func(name string) ([]byte, error) {
			return statemachines.Text(strings.TrimSuffix(path.Base(name), ".asl.json"))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

func TestTemplatesOfAllVariants(t *testing.T) {
	t.Parallel()
	for _, of := range []struct {
		variant     stack.Variant
		environment string
	}{{stack.Example, "staging"}, {stack.Example, "production"}, {stack.Alternative, "staging"}, {stack.Alternative, "production"}} {
		t.Run(string(of.variant)+" "+of.environment, func(t *testing.T) {
			t.Parallel()
			loaded := load(t, of.variant, of.environment)
			if len(loaded.Functions) < 15 || len(loaded.Machines) != len(statemachines.Names()) || len(loaded.Buckets) != 1 || len(loaded.ManagedPolicies) != 2 {
				t.Errorf("%d functions, %d machines, %d buckets, %d managed policies", len(loaded.Functions), len(loaded.Machines), len(loaded.Buckets), len(loaded.ManagedPolicies))
			}
			for _, f := range loaded.Functions {
				checkRole(t, loaded, f.Role, "lambda.amazonaws.com")
				if !slices.Contains(f.Aliases, "live") || f.Architecture != "arm64" || f.InVPC != (f.Variables["DATABASE_HOST"] != "") {
					t.Errorf("%s: %+v", f.Name, f)
				}
			}
			for _, m := range loaded.Machines {
				checkRole(t, loaded, m.Role, "states.amazonaws.com")
				checkCalls(t, loaded, m)
			}
			checkOwners(t, loaded)
			checkDeliveries(t, loaded)
		})
	}
}

func checkRole(t *testing.T, loaded *Template, name, service string) {
	t.Helper()
	role, ok := loaded.Role(name)
	if !ok || len(role.Policies.Refs()) < 2 {
		t.Fatalf("role %s: %v", name, role)
	}
	if d := (iam.Policies{role.Trust}).Decide(iam.Request{Principal: service, Action: "sts:AssumeRole", Resource: role.ARN}); !d.Allowed {
		t.Error(d.Message())
	}
}

// checkOwners wants each role to belong to one function or one machine.
func checkOwners(t *testing.T, loaded *Template) {
	t.Helper()
	owners := map[string]int{}
	for _, f := range loaded.Functions {
		owners[f.Role]++
	}
	for _, m := range loaded.Machines {
		owners[m.Role]++
	}
	for _, r := range loaded.Roles {
		if owners[r.Name] != 1 {
			t.Errorf("the role %s has %d owners", r.Name, owners[r.Name])
		}
	}
}

// checkCalls wants the machine to be well-formed and its role to permit whatever it calls.
func checkCalls(t *testing.T, loaded *Template, m Machine) {
	t.Helper()
	if _, err := asl.Parse(m.Name, m.Definition); err != nil {
		t.Errorf("%s: %v", m.Name, err)
	}
	role, _ := loaded.Role(m.Role)
	for placeholder, arn := range m.Substitutions {
		q := iam.Request{Principal: role.ARN, Action: "lambda:InvokeFunction", Resource: arn}
		if strings.Contains(arn, ":stateMachine:") {
			q.Action = "states:StartExecution"
			if !slices.ContainsFunc(loaded.Machines, func(m Machine) bool { return m.ARN == arn }) {
				t.Errorf("%s: ${%s}: there is no %s", m.Name, placeholder, arn)
			}
		} else if f, err := loaded.function(arn); err != nil {
			t.Errorf("%s: ${%s}: %v", m.Name, placeholder, err)
		} else if arn != f.ARN+":live" {
			t.Errorf("%s: ${%s}: %s is not the alias live", m.Name, placeholder, arn)
		}
		if d := role.Policies.Decide(q); !d.Allowed {
			t.Error(d.Message())
		}
	}
}

// checkDeliveries wants rules and alarms to reach their targets, and nobody else's to. Only topics cannot tell whose rule
// it is that publishes.
func checkDeliveries(t *testing.T, loaded *Template) {
	t.Helper()
	check := func(service, source, target string) {
		q, err := Delivery(service, source, target)
		if err != nil {
			t.Error(err)
			return
		}
		if d := loaded.PoliciesAt(target).Decide(q); !d.Allowed {
			t.Error(d.Message())
		}
		if service == "events.amazonaws.com" && strings.Contains(target, ":sns:") {
			return
		}
		if q, err = Delivery(service, strings.Replace(source, "111122223333", "444455556666", 1), target); err != nil {
			t.Error(err)
		} else if d := loaded.PoliciesAt(target).Decide(q); d.Allowed {
			t.Errorf("from another account: %s", d.Message())
		}
	}
	for _, r := range loaded.Rules {
		for _, target := range r.Targets {
			check("events.amazonaws.com", r.ARN, target.ARN)
			if target.DeadLetters != "" {
				check("events.amazonaws.com", r.ARN, target.DeadLetters)
			}
		}
	}
	for _, a := range loaded.Alarms {
		if len(a.Actions) == 0 {
			t.Errorf("the alarm %s tells nobody", a.Name)
		}
		for _, action := range a.Actions {
			check("cloudwatch.amazonaws.com", a.ARN, action)
		}
	}
}

// TestConditionOfScaleService wants the one cluster to be the condition of a call that changes the service.
func TestConditionOfScaleService(t *testing.T) {
	t.Parallel()
	role, _ := example(t, "staging").Role("dbops-staging-scale-service")
	const cluster = "arn:aws:ecs:us-east-1:111122223333:cluster/ecsStagingCluster"
	q := iam.Request{Principal: role.ARN, Action: "ecs:UpdateService", Resource: "arn:aws:ecs:us-east-1:111122223333:service/ecsStagingCluster/StagingApp_EC2LaunchType"}
	if d := role.Policies.Decide(q.With("ecs:cluster", cluster)); !d.Allowed || d.By.String() != "dbops-staging-scale-service/calls/ScaleService" {
		t.Errorf("by %s: %s", d.By, d.Message())
	}
	if d := role.Policies.Decide(q.With("ecs:cluster", cluster+"2")); d.Allowed {
		t.Errorf("in another cluster: allowed by %s", d.By)
	}
}

// TestPatternOfUploads wants the trigger to fire for an uploaded update and not for a copy of one.
func TestPatternOfUploads(t *testing.T) {
	t.Parallel()
	const event = `{"account":"111122223333","source":"aws.s3","detail-type":"Object Created",` +
		`"detail":{"bucket":{"name":"districtbuilder-staging-data"},"object":{"key":"updates/2026.json"},"reason":"PutObject"}}`
	rules := example(t, "staging").Rules
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Name == "dbops-staging-upload" })
	if i < 0 {
		t.Fatal("no rule dbops-staging-upload")
	}
	for event, want := range map[string]bool{
		event: true,
		strings.Replace(event, "PutObject", "CompleteMultipartUpload", 1): true,
		strings.Replace(event, "PutObject", "CopyObject", 1):              false,
		strings.Replace(event, "updates/", "regions/", 1):                 false,
		strings.Replace(event, "-staging-", "-production-", 1):            false,
	} {
		if got, err := eventpattern.Match(rules[i].Pattern, []byte(event)); err != nil || got != want {
			t.Errorf("%s: %t, %v", event, got, err)
		}
	}
}
