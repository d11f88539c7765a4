package stack

import (
	"slices"
	"strings"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
	"github.com/publicmapping/districtbuilder-ops/stack/settings"
)

// statements yields every statement of the roles, with the role's name.
func statements(tt template, visit func(role string, statement any)) {
	for _, r := range tt.ofType("AWS::IAM::Role") {
		for _, p := range r.Properties["Policies"].([]any) {
			for _, s := range at(p, "PolicyDocument", "Statement").([]any) {
				visit(r.Properties["RoleName"].(string), s)
			}
		}
	}
}

func TestRolesHoldAllTheirPermissions(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, _ environment, tt template) {
		for id, r := range tt.ofType("AWS::IAM::Role") {
			if r.Properties["ManagedPolicyArns"] != nil {
				t.Errorf("%s has managed policies", id)
			}
		}
		if extra := tt.ofType("AWS::IAM::Policy"); len(extra) != 0 {
			t.Errorf("%d policies were added to roles from outside", len(extra))
		}
		seen := map[string]bool{}
		statements(tt, func(role string, s any) {
			key := role + " " + at(s, "Sid").(string)
			if seen[key] {
				t.Errorf("%s has two statements of one ID", key)
			}
			seen[key] = true
			for _, action := range list(at(s, "Action")) {
				if strings.Contains(action, "*") {
					t.Errorf("%s allows %s", key, action)
				}
			}
		})
	})
}

// TestARoleWritesOnlyWhereItsEnvironmentIs: production's functions cannot touch staging's prefixes, nor the reverse.
func TestARoleWritesOnlyWhereItsEnvironmentIs(t *testing.T) {
	writes := []string{"s3:PutObject", "s3:DeleteObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload"}
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		allowed := []string{e.stateObjects("")}
		for _, p := range e.WritePrefixes {
			allowed = append(allowed, bucketARN(p.Bucket)+"/"+p.Key)
		}
		found := 0
		statements(tt, func(role string, s any) {
			if !slices.ContainsFunc(list(at(s, "Action")), func(a string) bool { return slices.Contains(writes, a) }) {
				return
			}
			for _, r := range list(at(s, "Resource")) {
				found++
				if !slices.ContainsFunc(allowed, func(prefix string) bool { return strings.HasPrefix(r, prefix) }) {
					t.Errorf("%s may write %s", role, r)
				}
			}
		})
		if found < 10 {
			t.Errorf("only %d resources are written", found)
		}
	})
}

// TestOnlyTheseRolesChange says in one table who may change what.
func TestOnlyTheseRolesChange(t *testing.T) {
	want := map[string][]string{
		"ecs:UpdateService":                               {"scale-service"},
		"ecs:StopTask":                                    {"stop-tasks"},
		"ecs:UpdateTaskProtection":                        {"protect-tasks"},
		"autoscaling:SetDesiredCapacity":                  {"scale-group"},
		"autoscaling:TerminateInstanceInAutoScalingGroup": {"scale-group"},
		"autoscaling:SuspendProcesses":                    {"fence-group"},
		"states:StartExecution":                           {"start-update", "update-regions"},
		"sns:Publish":                                     {"start-update"},
		"secretsmanager:GetSecretValue":                   {"bump-versions", "find-regions", "find-regions", "set-region-uri"}, // find-regions: both environments'
	}
	s := synthesisOf(t)
	e := s.environments[settings.Staging]
	got := map[string][]string{}
	statements(s.templates[settings.Staging], func(role string, statement any) {
		for _, action := range list(at(statement, "Action")) {
			got[action] = append(got[action], strings.TrimPrefix(role, e.Prefix()))
		}
	})
	for action, roles := range want {
		slices.Sort(got[action])
		if !slices.Equal(got[action], roles) {
			t.Errorf("%s is allowed to %v, want %v", action, got[action], roles)
		}
	}
}

func TestPeopleMayStartAndWatchOrApprove(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		changes := map[string][]string{"operators": {"states:StartExecution"}, "approvers": {"states:SendTaskSuccess", "states:SendTaskFailure"}}
		for name, want := range changes {
			p := tt.named(t, "AWS::IAM::ManagedPolicy", "ManagedPolicyName", e.named(name)).Properties
			var got []string
			for _, s := range at(p, "PolicyDocument", "Statement").([]any) {
				for _, action := range list(at(s, "Action")) {
					_, verb, _ := strings.Cut(action, ":")
					switch {
					case action == "lambda:InvokeFunction":
						for _, f := range list(at(s, "Resource")) {
							if !strings.Contains(f, "list-left") {
								t.Errorf("%s may invoke %s", name, f)
							}
						}
					case !strings.HasPrefix(verb, "Get") && !strings.HasPrefix(verb, "List") && !strings.HasPrefix(verb, "Describe") && verb != "FilterLogEvents":
						got = append(got, action)
					}
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s may change things by %v, want %v", name, got, want)
			}
		}
	})
}

// TestPeopleSeeWhatTheConsoleShows: the page of an execution, and the dashboard, which is exact; alarms are listed as a whole.
func TestPeopleSeeWhatTheConsoleShows(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		for _, name := range []string{"operators", "approvers"} {
			may := map[string]string{}
			for _, s := range identityStatements(tt.named(t, "AWS::IAM::ManagedPolicy", "ManagedPolicyName", e.named(name))) {
				for _, action := range list(at(s, "Action")) {
					may[action] = strings.Join(list(at(s, "Resource")), " ")
				}
			}
			executions := e.executionARNs("restart-services") + " " + e.executionARNs("update-regions")
			for action, want := range map[string]string{
				"states:DescribeExecution":                executions,
				"states:DescribeStateMachineForExecution": executions,
				"states:GetExecutionHistory":              executions,
				"cloudwatch:GetDashboard":                 "arn:aws:cloudwatch::" + e.Account + ":dashboard/dbops-" + strings.ToLower(e.Name),
				"cloudwatch:DescribeAlarms":               e.arn("cloudwatch", "alarm:*"),
				"cloudwatch:GetMetricData":                "*",
			} {
				if may[action] != want {
					t.Errorf("%s: %s on %q, want %q", name, action, may[action], want)
				}
			}
		}
	})
}

func TestSecretsAndKeysArePermittedOneByOne(t *testing.T) {
	secret := func(name string) string {
		return "arn:aws:secretsmanager:us-east-1:111122223333:secret:" + name + "-a1b2c3"
	}
	e := environment{Environment: settings.Environment{
		Name: settings.Staging, Account: "111122223333", Region: "us-east-1", UploadBucket: "data",
		WritePrefixes: []s3uri.Prefix{{Bucket: "data", Key: "regions/"}}, ReadPrefixes: []s3uri.Prefix{{Bucket: "data", Key: "new/"}, {Bucket: "work", Key: "new/"}},
		DataKeys: map[string]string{"data": "arn:aws:kms:us-east-1:111122223333:key/1", "work": "arn:aws:kms:us-east-1:111122223333:key/2"},
		Database: settings.Database{Host: "h", SecretARNs: map[string]string{"find-regions": secret("f"), "bump-versions": secret("b"), "set-region-uri": secret("s")}},
		Other:    settings.Other{Database: &settings.Database{Host: "o", ResourceID: "db-O"}},
	}}
	all := map[string]string{} // action and ID: resources
	for _, a := range e.actions() {
		for _, p := range a.calls(e) {
			all[a.name+" "+p.id] = strings.Join(p.actions, " ") + " on " + strings.Join(p.resources, " ")
		}
	}
	for key, want := range map[string]string{
		"find-regions LogIn":         "secretsmanager:GetSecretValue on " + secret("f"),
		"find-regions LogInToOther":  "rds-db:connect on arn:aws:rds-db:us-east-1:111122223333:dbuser:db-O/dbops_find_regions",
		"bump-versions LogIn":        "secretsmanager:GetSecretValue on " + secret("b"),
		"set-region-uri LogIn":       "secretsmanager:GetSecretValue on " + secret("s"),
		"inspect-region ReadKeys":    "kms:Decrypt on arn:aws:kms:us-east-1:111122223333:key/1 arn:aws:kms:us-east-1:111122223333:key/2",
		"inspect-region WriteKeys":   "",
		"backup-region ReadKeys":     "kms:Decrypt on arn:aws:kms:us-east-1:111122223333:key/1",
		"backup-region WriteKeys":    "kms:GenerateDataKey on arn:aws:kms:us-east-1:111122223333:key/1",
		"overwrite-region ReadKeys":  "kms:Decrypt on arn:aws:kms:us-east-1:111122223333:key/1 arn:aws:kms:us-east-1:111122223333:key/2",
		"overwrite-region WriteKeys": "kms:GenerateDataKey on arn:aws:kms:us-east-1:111122223333:key/1",
		"start-update ReadKeys":      "kms:Decrypt on arn:aws:kms:us-east-1:111122223333:key/1",
		"overwrite-region List1":     "s3:ListBucket on arn:aws:s3:::data",
		"overwrite-region List2":     "s3:ListBucket on arn:aws:s3:::work",
	} {
		if all[key] != want {
			t.Errorf("%s: %q, want %q", key, all[key], want)
		}
	}
	if v := e.databaseVariables("find-regions"); v["DATABASE_SECRET_ARN"] != secret("f") || v["OTHER_DATABASE_HOST"] != "o" || v["OTHER_DATABASE_SECRET_ARN"] != "" {
		t.Errorf("variables = %v", v)
	}
}
