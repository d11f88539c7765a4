package stack

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/stack/settings"
	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

func TestStoreIsPrivateVersionedEncryptedAndKept(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		bucket := tt.named(t, "AWS::S3::Bucket", "BucketName", e.stateBucket())
		for _, want := range []struct {
			what string
			got  any
			want string
		}{
			{"versions", at(bucket.Properties, "VersioningConfiguration", "Status"), `"Enabled"`},
			{"public access", at(bucket.Properties, "PublicAccessBlockConfiguration"),
				`{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}`},
			{"encryption", at(bucket.Properties, "BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "SSEAlgorithm"), `"AES256"`},
			{"on delete", bucket.DeletionPolicy, `"Retain"`},
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

// TestAnEndingReachesAPerson: whoever gets the message knows the environment, the execution and what to do.
func TestAnEndingReachesAPerson(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		covered := map[string]string{}
		for _, name := range []string{"failed", "cut-off"} {
			p := tt.named(t, "AWS::Events::Rule", "Name", e.named(name)).Properties
			if got := list(at(p, "EventPattern", "detail", "stateMachineArn")); len(got) != len(statemachines.Names()) {
				t.Errorf("%s hears of %v", name, got)
			}
			for _, status := range list(at(p, "EventPattern", "detail", "status")) {
				covered[status] = text(at(p, "Targets", 0, "Arn"))
			}
			template := at(p, "Targets", 0, "InputTransformer", "InputTemplate").(string)
			for line := range strings.SplitSeq(template, "\n") {
				if !json.Valid([]byte(line)) {
					t.Errorf("%s: line %s is no JSON string, which EventBridge wants", name, line)
				}
			}
			for _, want := range []string{e.Name, "<name>", "<status>", "<machine>", "console.aws.amazon.com", "<execution>"} {
				if !strings.Contains(template, want) {
					t.Errorf("%s: the message lacks %s", name, want)
				}
			}
		}
		want := map[string]string{"FAILED": e.topicARN(notifications), "ABORTED": e.topicARN(pages), "TIMED_OUT": e.topicARN(pages)}
		for status, topic := range want {
			if covered[status] != `"`+topic+`"` {
				t.Errorf("%s goes to %s, want %s", status, covered[status], topic)
			}
		}
	})
}

func TestAlarms(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		for _, r := range tt.ofType("AWS::CloudWatch::Alarm") {
			missing := "notBreaching"
			if r.Properties["MetricName"] == "LockAgeSeconds" {
				missing = "breaching"
			}
			if actions := list(r.Properties["AlarmActions"]); len(actions) != 1 || r.Properties["TreatMissingData"] != missing {
				t.Errorf("%v tells %v, missing data are %v", r.Properties["AlarmName"], actions, r.Properties["TreatMissingData"])
			}
		}
		dirty := tt.named(t, "AWS::CloudWatch::Alarm", "AlarmName", e.named("failed-dirty")).Properties
		if got := list(dirty["AlarmActions"]); !slices.Equal(got, []string{e.topicARN(pages)}) {
			t.Errorf("FailedDirty tells %v, want a page", got)
		}
		for _, a := range e.actions() {
			tt.named(t, "AWS::CloudWatch::Alarm", "AlarmName", e.named(a.name+"-errors"))
			tt.named(t, "AWS::CloudWatch::Alarm", "AlarmName", e.named(a.name+"-throttles"))
		}
		fed := 0
		for _, r := range tt.ofType("AWS::Logs::MetricFilter") {
			if at(r.Properties, "MetricTransformations", 0, "MetricName") == "FailedDirty" && at(r.Properties, "MetricTransformations", 0, "MetricNamespace") == dirty["Namespace"] {
				fed++
			}
		}
		if fed != len(statemachines.Names()) {
			t.Errorf("the logs of %d machines count FailedDirty", fed)
		}
	})
}

// TestTheLockIsWatched: the schedule reaches the function, and looks more often than the alarm misses a look.
func TestTheLockIsWatched(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		rule := tt.named(t, "AWS::Events::Rule", "Name", e.named(watchLock)).Properties
		called, _ := at(rule, "Targets", 0, "Arn", "Ref").(string)
		if got := tt.Resources[called]; rule["ScheduleExpression"] != "rate(15 minutes)" || got.Type != "AWS::Lambda::Alias" || !strings.Contains(called, "watchlock") {
			t.Errorf("%v invokes %s %s", rule["ScheduleExpression"], called, got.Type)
		}
		if input := at(rule, "Targets", 0, "Input"); input != "{}" {
			t.Errorf("input %v, want an object without fields: the action refuses those that it does not know", input)
		}
		held := tt.named(t, "AWS::CloudWatch::Alarm", "AlarmName", e.named("lock-held")).Properties
		for name, want := range map[string]any{"Namespace": "dbops", "Threshold": float64(6 * 3600), "Statistic": "Maximum", "Period": float64(3600)} {
			if held[name] != want {
				t.Errorf("lock-held: %s = %v, want %v", name, held[name], want)
			}
		}
		if got := text(held["Dimensions"]); got != `[{"Name":"Environment","Value":"`+e.Name+`"}]` {
			t.Errorf("lock-held: dimensions %s", got)
		}
	})
}

// TestWhatMeasuresKnowsItsEnvironment: without the dimension the dashboard would show nothing.
func TestWhatMeasuresKnowsItsEnvironment(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		for _, name := range []string{"backup-region", "overwrite-region", "restore-region", "poll-health", "bump-versions", watchLock} {
			p := tt.named(t, "AWS::Lambda::Function", "FunctionName", e.named(name)).Properties
			if got := at(p, "Environment", "Variables", "ENVIRONMENT"); got != e.Name {
				t.Errorf("%s: ENVIRONMENT = %v", name, got)
			}
		}
	})
}

func TestDashboard(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		p := tt.named(t, "AWS::CloudWatch::Dashboard", "DashboardName", "dbops-"+strings.ToLower(e.Name)).Properties
		var body struct{ Widgets []map[string]any }
		if err := json.Unmarshal([]byte(p["DashboardBody"].(string)), &body); err != nil || len(body.Widgets) != 11 {
			t.Errorf("%d widgets, %v", len(body.Widgets), err)
		}
	})
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
	for name := range s.environments {
		got := at(m, "artifacts", Name(name), "properties", "terminationProtection") == true
		if got != (name == settings.Production) {
			t.Errorf("%s is protected: %t", name, got)
		}
	}
}
