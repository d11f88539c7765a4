package sandbox

import (
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
	stack "github.com/publicmapping/districtbuilder-ops/stack/template"
)

// protection is what the alternative templates are made for: stack/template/alternative.cdk.json.
var protection = Security{
	DataKeys: map[string]string{
		"districtbuilder-staging-data":    "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-00000000000a",
		"districtbuilder-production-data": "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-00000000000b",
		incoming:                          "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-00000000000c",
	},
	Databases:    map[string]string{"Staging": "db-STAGING", "Production": "cluster-PRODUCTION"},
	Applications: map[string]string{"Production": "production.example.org"},
}

// secured is an account with IAM tokens instead of secrets, the public list instead of the other database for staging,
// another bucket for new data, and KMS.
func secured(o *Options) { o.Variant, o.Security = stack.Alternative, protection }

// TestSecuredEnvironmentsAreUpdated: nothing but the way to the data is another one.
func TestSecuredEnvironmentsAreUpdated(t *testing.T) {
	t.Parallel()
	for _, environment := range environments {
		t.Run(environment, func(t *testing.T) {
			t.Parallel()
			newTrialOn(t, environment, secured).succeeds()
		})
	}
}

// TestSecuredErrandsAreNotRefused: objects in parts too, of which each step needs keys, and uploads to another bucket.
func TestSecuredErrandsAreNotRefused(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(*testing.T, func(*Options)) *trial{"in parts": uploadsLeft, "uploads": uploaded, "another URI": anotherURI} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := run(t, secured)
			for _, d := range tr.account.Denied() {
				t.Error(d.Message())
			}
			if tr.failedForLackOfAccess() {
				t.Errorf("failed for lack of access: %q", tr.failures)
			}
			if len(tr.account.Used()) == 0 {
				t.Error("nothing was asked for")
			}
		})
	}
}

// TestNoSecuredStatementIsThereForNothing is for the alternative templates what TestNoStatementIsThereForNothing is for
// the example's: it takes out, one at a time, those that the example's do not have.
func TestNoSecuredStatementIsThereForNothing(t *testing.T) {
	for _, environment := range environments {
		plain, own := statementsByRole(t, stack.Example, environment), 0
		for role, statements := range statementsByRole(t, stack.Alternative, environment) {
			for i, s := range statements {
				if slices.ContainsFunc(plain[role], func(other statement) bool { return gocmp.Equal(s, other) }) {
					continue
				}
				own++
				lower := strings.ToLower(environment)
				ref := iam.Ref{Policy: strings.ReplaceAll(role, "*", lower) + "/calls", Index: i, Sid: s["Sid"].(string)}
				t.Run("without "+ref.String(), func(t *testing.T) {
					t.Parallel()
					for _, attempt := range securedErrands(ref) {
						if tr := attempt(t, environment, func(o *Options) { secured(o); o.Without = &ref }); tr.failedForLackOfAccess() {
							return
						}
					}
					t.Error("no errand fails with AccessDenied without it")
				})
			}
		}
		if own < 10 {
			t.Errorf("only %d statements of %s are the alternative's own", own, environment)
		}
	}
}

// securedErrands are what the function whose statement is left out does, the quickest first.
func securedErrands(ref iam.Ref) []func(*testing.T, string, func(*Options)) *trial {
	onStaging := func(run func(*testing.T, func(*Options)) *trial) func(*testing.T, string, func(*Options)) *trial {
		return func(t *testing.T, environment string, change func(*Options)) *trial {
			t.Helper()
			if environment != "Staging" {
				t.Fatalf("nothing on %s uses %s", environment, ref)
			}
			return run(t, change)
		}
	}
	switch action, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(ref.Policy, "dbops-staging-"), "dbops-production-"), "/"); action {
	case "start-update":
		return []func(*testing.T, string, func(*Options)) *trial{onStaging(uploaded)}
	case "set-region-uri":
		return []func(*testing.T, string, func(*Options)) *trial{onStaging(anotherURI)}
	case "bump-versions":
		return []func(*testing.T, string, func(*Options)) *trial{updated}
	}
	return []func(*testing.T, string, func(*Options)) *trial{restored, sourceGone}
}

// updated is an update that succeeds if nothing is left out.
func updated(t *testing.T, environment string, change func(*Options)) *trial {
	t.Helper()
	tr := newTrialOn(t, environment, change)
	tr.upload()
	tr.run("update-regions", tr.input(nil))
	return tr
}
