package template

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// shipped loads the template that is deployed.
func shipped(t *testing.T, environment string) *Template {
	t.Helper()
	loaded, err := Load(read(t, "../../../stack/template/"+environment+".template.json"), Options{
		Account: "111122223333", Region: "us-east-1",
		Definition: func(name string) ([]byte, error) {
			return statemachines.Text(strings.TrimSuffix(path.Base(name), ".asl.json"))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

func TestShippedTemplates(t *testing.T) {
	t.Parallel()
	for _, environment := range []string{"staging", "production"} {
		t.Run(environment, func(t *testing.T) {
			t.Parallel()
			loaded := shipped(t, environment)
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
			checkDeliveries(t, loaded)
		})
	}
}

func checkRole(t *testing.T, loaded *Template, name, service string) {
	t.Helper()
	role, ok := loaded.Role(name)
	if !ok || len(role.Policies) == 0 {
		t.Fatalf("role %s: %v", name, role)
	}
	if d := (iam.Policies{role.Trust}).Decide(iam.Request{Principal: service, Action: "sts:AssumeRole", Resource: role.ARN}); !d.Allowed {
		t.Error(d.Message())
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
		} else if _, err := loaded.function(arn); err != nil {
			t.Errorf("%s: ${%s}: %v", m.Name, placeholder, err)
		}
		if d := role.Policies.Decide(q); !d.Allowed {
			t.Error(d.Message())
		}
	}
}

// checkDeliveries wants rules and alarms to reach their targets.
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
		if d := loaded.PoliciesAt(target).Decide(q.With("aws:SourceAccount", "444455556666").With("aws:SourceArn", strings.Replace(source, "111122223333", "444455556666", 1))); d.Allowed {
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

// TestMessagesOfEndings wants every rule that tells people to give each line as a text.
func TestMessagesOfEndings(t *testing.T) {
	t.Parallel()
	const event = `{"detail":{"name":"may \"update\"","status":"TIMED_OUT","stateMachineArn":"m","executionArn":"e"}}`
	told := 0
	for _, r := range shipped(t, "staging").Rules {
		for _, target := range r.Targets {
			if target.transformer == nil {
				continue
			}
			told++
			input, err := target.Input([]byte(event))
			if err != nil || !strings.HasPrefix(string(input), `"DistrictBuilder Staging: execution may \"update\" ended as TIMED_OUT."`+"\n") {
				t.Errorf("%s: %v\n%s", r.Name, err, input)
			}
		}
	}
	if told == 0 {
		t.Error("no rule tells anybody")
	}
}
