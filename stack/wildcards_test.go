package stack

import (
	"slices"
	"strings"
	"testing"
)

// TestEveryWildcardHasAReason: each statement that allows something on more than one exact resource says why, by its own
// ID. cdk-nag cannot see that: there, one reason for "*" serves all statements of a role.
func TestEveryWildcardHasAReason(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, _ environment, tt template) {
		wild := 0
		for id, r := range tt.Resources {
			for _, s := range identityStatements(r) {
				if at(s, "Effect") != "Allow" {
					continue
				}
				for _, resource := range list(at(s, "Resource")) {
					if !strings.Contains(resource, "*") {
						continue
					}
					wild++
					if sid := at(s, "Sid").(string); !slices.Contains(reasons(r)[sid], "Resource::"+resource) {
						t.Errorf("%s: %s allows %v on %s, for no stated reason", id, sid, list(at(s, "Action")), resource)
					}
				}
			}
		}
		if wild < 50 {
			t.Errorf("only %d wildcards found", wild)
		}
	})
}

// identityStatements are the statements of a role's policies, or of a policy for people.
func identityStatements(r resource) []any {
	var found []any
	switch r.Type {
	case "AWS::IAM::Role":
		policies, _ := r.Properties["Policies"].([]any)
		for _, p := range policies {
			found = append(found, at(p, "PolicyDocument", "Statement").([]any)...)
		}
	case "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy":
		found, _ = at(r.Properties, "PolicyDocument", "Statement").([]any)
	}
	return found
}

// reasons are the resources that cdk-nag is told to accept, by the ID of the statement that the reason begins with.
func reasons(r resource) map[string][]string {
	found := map[string][]string{}
	rules, _ := at(r.Metadata, "cdk_nag", "rules_to_suppress").([]any)
	for _, rule := range rules {
		if at(rule, "id") != "AwsSolutions-IAM5" {
			continue
		}
		reason, _ := at(rule, "reason").(string)
		if sid, why, ok := strings.Cut(reason, ": "); ok && len(why) >= 20 {
			found[sid] = append(found[sid], list(at(rule, "applies_to"))...)
		}
	}
	return found
}

// TestReasonsNameOneStatement plants a wildcard beside another statement's.
func TestReasonsNameOneStatement(t *testing.T) {
	r := resource{Metadata: map[string]any{"cdk_nag": map[string]any{"rules_to_suppress": []any{
		map[string]any{"id": "AwsSolutions-IAM5", "reason": "RuntimeTrace: " + tracing, "applies_to": []any{"Resource::*"}},
		map[string]any{"id": "AwsSolutions-IAM5", "reason": "Short: why", "applies_to": []any{"Resource::*"}},
		map[string]any{"id": "AwsSolutions-S1", "reason": "Other: " + tracing, "applies_to": []any{"Resource::*"}},
	}}}}
	for sid, want := range map[string]bool{"RuntimeTrace": true, "Short": false, "Other": false, "Anything": false} {
		if got := slices.Contains(reasons(r)[sid], "Resource::*"); got != want {
			t.Errorf("%s has a reason: %t, want %t", sid, got, want)
		}
	}
}
