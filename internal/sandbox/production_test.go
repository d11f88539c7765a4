package sandbox

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/regiongen"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
	stack "github.com/publicmapping/districtbuilder-ops/stack/template"
)

// TestProductionRuns updates production under its own policies, whose other environment is staging.
func TestProductionRuns(t *testing.T) {
	t.Parallel()
	newTrialOn(t, "Production").succeeds()
}

// succeeds runs an update that must succeed, and of which no call may be refused.
func (tr *trial) succeeds() {
	tr.t.Helper()
	tr.upload()
	tr.ended(tr.run("update-regions", tr.input(nil)), asl.Succeeded, "")
	tr.held()
	tr.must(tr.audit.Updated)
	tr.must(tr.audit.Restored)
	tr.must(tr.audit.Served)
	for _, d := range tr.account.Denied() {
		tr.t.Error(d.Message())
	}
}

// TestFunctionsKeepToTheirEnvironment lets the functions that copy try what they must not: to change the other
// environment's data.
func TestFunctionsKeepToTheirEnvironment(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	for _, action := range []string{"backup-region", "overwrite-region", "restore-region"} {
		for name, own := range tr.account.Environments {
			other := tr.account.other(own)
			client := s3.NewFromConfig(tr.account.config(own.Prefix() + action))
			try := func(e *Environment, key string) error {
				_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &e.DataBucket, Key: &key, Body: strings.NewReader("x")})
				return err
			}
			mine := map[string]string{"backup-region": "regions/US/XX/1-backup-2026-11-22/x"}[action]
			if err := try(own, cmp.Or(mine, "regions/US/XX/1/x")); err != nil {
				t.Errorf("%s of %s may not write its own data: %v", action, name, err)
			}
			for what, err := range map[string]error{
				"write": try(other, "regions/US/XX/1/x"),
				"delete": func() error {
					_, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &other.DataBucket, Key: aws.String("regions/US/XX/1/x")})
					return err
				}(),
				"copy": func() error {
					_, err := client.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: &other.DataBucket, Key: aws.String("regions/US/XX/1/y"),
						CopySource: aws.String(own.DataBucket + "/regions/US/XX/1/x")})
					return err
				}(),
				"write elsewhere": try(own, "updates/x.json"),
			} {
				if err == nil || !strings.Contains(err.Error(), "AccessDenied") {
					t.Errorf("%s of %s may %s where it must not: %v", action, name, what, err)
				}
			}
		}
	}
}

// TestProductionsOwnStatements: production's statements are staging's but for names, so that what is proved of those
// holds for these too. The exceptions, all because its new data lies in staging's bucket, are taken out one at a time.
func TestProductionsOwnStatements(t *testing.T) {
	staging, production := statementsByRole(t, stack.Example, "Staging"), statementsByRole(t, stack.Example, "Production")
	for _, only := range []string{"dbops-*-set-region-uri", "dbops-*-start-update"} {
		if staging[only] == nil || production[only] != nil {
			t.Errorf("%s is not staging's alone", only)
		}
	}
	if len(production) < 20 {
		t.Errorf("only %d roles", len(production))
	}
	own := 0
	for role, statements := range production {
		for i, s := range statements {
			if slices.ContainsFunc(staging[role], func(other statement) bool { return gocmp.Equal(s, other) }) {
				continue
			}
			own++
			ref := iam.Ref{Policy: strings.ReplaceAll(role, "*", "production") + "/calls", Index: i, Sid: s["Sid"].(string)}
			t.Run("without "+ref.String(), func(t *testing.T) {
				t.Parallel()
				if tr := restored(t, "Production", without(ref)); tr.failedForLackOfAccess() {
					return
				}
				if tr := sourceGone(t, "Production", without(ref)); !tr.failedForLackOfAccess() {
					t.Errorf("it ended with %q", tr.failures)
				}
			})
		}
	}
	if own == 0 || own > 12 {
		t.Errorf("%d statements are production's own", own)
	}
}

func without(ref iam.Ref) func(*Options) { return func(o *Options) { o.Without = &ref } }

// restored overwrites an environment and puts the data back.
func restored(t *testing.T, environment string, change func(*Options)) *trial {
	t.Helper()
	tr := newTrialOn(t, environment, change)
	tr.upload(regiongen.BadTopology)
	tr.run("update-regions", tr.input(nil))
	return tr
}

// sourceGone: somebody removes new data after it was inspected. Who may not list a bucket is not told that an object is
// missing there.
func sourceGone(t *testing.T, environment string, change func(*Options)) *trial {
	t.Helper()
	var tr *trial
	tr = newTrialOn(t, environment, change, func(o *Options) {
		before := o.Intercept
		o.Intercept = func(ctx context.Context, task asl.Task, perform func() (any, error)) (any, error) {
			if task.State == "OverwriteRegion" {
				source := tr.updates[0].Source
				key := source.File("topo.json")
				tr.account.Outside(func() {
					_, _ = tr.account.S3().DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &source.Bucket, Key: &key})
				})
			}
			return before(ctx, task, perform)
		}
	})
	tr.upload()
	tr.run("update-regions", tr.input(nil))
	return tr
}

type statement = map[string]any

// statementsByRole are those of the policies named "calls", with * for the environments' names. Those named "runtime"
// are made by the same lines of code for both environments, and hold names of logs only.
func statementsByRole(t *testing.T, v stack.Variant, environment string) map[string][]statement {
	t.Helper()
	text, err := v.Text(environment)
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				RoleName string
				Policies []struct {
					PolicyName     string
					PolicyDocument struct{ Statement []statement }
				}
			}
		}
	}
	nameless := strings.NewReplacer("staging", "*", "Staging", "*", "production", "*", "Production", "*").Replace(string(text))
	if err := json.Unmarshal([]byte(nameless), &template); err != nil {
		t.Fatal(err)
	}
	found := map[string][]statement{}
	for _, r := range template.Resources {
		for _, p := range r.Properties.Policies {
			if r.Type == "AWS::IAM::Role" && p.PolicyName == "calls" {
				found[r.Properties.RoleName] = p.PolicyDocument.Statement
			}
		}
	}
	return found
}
