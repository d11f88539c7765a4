package stack

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/stack/settings"
	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

func TestStoreIsPrivateVersionedEncryptedAndKept(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		bucket := tt.named(t, "AWS::S3::Bucket", "BucketName", e.StateBucket())
		for _, want := range []struct {
			what string
			got  any
			want string
		}{
			{"versions", at(bucket.Properties, "VersioningConfiguration", "Status"), `"Enabled"`},
			{"public access", at(bucket.Properties, "PublicAccessBlockConfiguration"),
				`{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}`},
			{"encryption", at(bucket.Properties, "BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "SSEAlgorithm"), `"AES256"`},
			{"on delete", bucket.DeletionPolicy, `"RetainExceptOnCreate"`}, // a first creation that fails leaves nothing in the way
			{"on replacement", bucket.UpdateReplacePolicy, `"Retain"`},
		} {
			if text(want.got) != want.want {
				t.Errorf("%s: %s, want %s", want.what, text(want.got), want.want)
			}
		}
		if rules, _ := at(bucket.Properties, "LifecycleConfiguration", "Rules").([]any); len(rules) != 3 {
			t.Errorf("%d lifecycle rules, want 3", len(rules))
		}
	})
}

// TestNothingIsReachedWithoutTLS looks for the denial on the bucket, on both topics and on the queue.
func TestNothingIsReachedWithoutTLS(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		want := map[string]int{"AWS::S3::BucketPolicy": 1, "AWS::SNS::TopicPolicy": 2, "AWS::SQS::QueuePolicy": 1}
		if e.UploadBucket == "" {
			want["AWS::SQS::QueuePolicy"] = 0
		}
		for kind, count := range want {
			denied := 0
			for _, r := range tt.ofType(kind) {
				for _, s := range at(r.Properties, "PolicyDocument", "Statement").([]any) {
					if at(s, "Effect") == "Deny" && at(s, "Condition", "Bool", "aws:SecureTransport") == "false" {
						denied++
					}
				}
			}
			if denied != count {
				t.Errorf("%d of %d %s deny calls without TLS", denied, count, kind)
			}
		}
	})
}

func TestMachinesLogEverythingAndTrace(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		for _, name := range statemachines.Names() {
			p := tt.named(t, "AWS::StepFunctions::StateMachine", "StateMachineName", e.named(name)).Properties
			if at(p, "LoggingConfiguration", "Level") != "ALL" || at(p, "LoggingConfiguration", "IncludeExecutionData") != true ||
				at(p, "TracingConfiguration", "Enabled") != true {
				t.Errorf("%s: logging %s, tracing %s", name, text(p["LoggingConfiguration"]), text(p["TracingConfiguration"]))
			}
			tt.named(t, "AWS::Logs::LogGroup", "LogGroupName", e.machineLogGroup(name))
		}
	})
}

func TestAnUploadReachesTheFunctionOrTheDeadLetters(t *testing.T) {
	s := synthesisOf(t)
	tt, e := s.templates[settings.Staging], s.environments[settings.Staging]
	rule := tt.named(t, "AWS::Events::Rule", "Name", "dbops-staging-upload").Properties
	want := `{"account":["111122223333"],"detail":{"bucket":{"name":["districtbuilder-staging-data"]},"object":{"key":[{"wildcard":"updates/*.json"}]},` +
		`"reason":[{"anything-but":["CopyObject"]}]},"detail-type":["Object Created"],"source":["aws.s3"]}`
	if got := text(rule["EventPattern"]); got != want {
		t.Errorf("pattern = %s\nwant %s", got, want)
	}
	called, _ := at(rule, "Targets", 0, "Arn", "Ref").(string)
	if got := tt.Resources[called]; got.Type != "AWS::Lambda::Alias" || !strings.Contains(called, "startupdate") {
		t.Errorf("the target is %s %s, want the alias of %s", called, got.Type, startUpdate)
	}
	if at(rule, "Targets", 0, "DeadLetterConfig", "Arn") == nil {
		t.Error("an event that cannot be delivered is lost")
	}
	retries := tt.named(t, "AWS::Lambda::EventInvokeConfig", "FunctionName", e.named(startUpdate)).Properties
	if at(retries, "DestinationConfig", "OnFailure", "Destination") == nil || retries["Qualifier"] != alias {
		t.Errorf("an event that cannot be handled is lost: %s", text(retries))
	}
}

func TestParametersAndOutputsNameTheMachines(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		for _, m := range statemachines.Names() {
			p := tt.named(t, "AWS::SSM::Parameter", "Name", "/dbops/"+strings.ToLower(e.Name)+"/machines/"+m)
			if p.Properties["Value"] != e.machineARN(m) {
				t.Errorf("parameter of %s = %v", m, p.Properties["Value"])
			}
			if got := at(tt.Outputs, "Machines"+statemachines.Placeholder(m), "Value"); got != e.machineARN(m) {
				t.Errorf("output of %s = %v", m, got)
			}
		}
	})
}

func TestOnlyProductionIsProtectedFromTermination(t *testing.T) {
	s := synthesisOf(t)
	manifest, err := os.ReadFile(filepath.Join(s.folder, "cdk.out", "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(manifest, &m); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{settings.Staging, settings.Production} {
		got := at(m, "artifacts", Name(name), "properties", "terminationProtection") == true
		if got != (name == settings.Production) {
			t.Errorf("%s is protected: %t", name, got)
		}
	}
}
