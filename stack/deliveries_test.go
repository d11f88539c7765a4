package stack

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// TestAnEndingReachesAPerson: every end without success, of every machine, is told, and the message says whose it is and
// what to do. Which event reaches whom, and how the message reads then, is tested where the templates are read.
func TestAnEndingReachesAPerson(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		covered := map[string]string{}
		for _, name := range []string{"failed", "uncaught", "cut-off"} {
			p := tt.named(t, "AWS::Events::Rule", "Name", e.named(name)).Properties
			if got := list(at(p, "EventPattern", "detail", "stateMachineArn")); len(got) != len(statemachines.Names()) {
				t.Errorf("%s hears of %v", name, got)
			}
			kind := strings.Join(list(at(p, "EventPattern", "detail", "status")), " ") + text(at(p, "EventPattern", "detail", "error"))
			covered[kind] = at(p, "Targets", 0, "Arn").(string)
			template := at(p, "Targets", 0, "InputTransformer", "InputTemplate").(string)
			for _, want := range []string{e.Name, "<name>", "<machine>", "console.aws.amazon.com", "<execution>", "--function-name " + e.named("list-left")} {
				if !strings.Contains(template, want) {
					t.Errorf("%s: the message lacks %s", name, want)
				}
			}
			if strings.Contains(template, `\`) {
				t.Errorf("%s: the message holds a backslash, which arrives as it is: %s", name, template)
			}
			if name == "failed" {
				continue // an object
			}
			for line := range strings.SplitSeq(template, "\n") {
				if !json.Valid([]byte(line)) {
					t.Errorf("%s: line %s is no JSON text, which EventBridge wants", name, line)
				}
			}
		}
		want := map[string]string{
			"FAILEDnull": e.topicARN(notifications),
			`FAILED[{"anything-but":["FailedClean","FailedDirty"]}]`: e.topicARN(pages),
			"ABORTED TIMED_OUTnull":                                  e.topicARN(pages),
		}
		for kind, topic := range want {
			if covered[kind] != topic {
				t.Errorf("%s goes to %q, want %s", kind, covered[kind], topic)
			}
		}
	})
}

// TestEventBridgeMayDeliver: what would keep it from delivering is not in the way. It supports no condition in a topic's
// policy, and does not say whose rule invokes a function.
func TestEventBridgeMayDeliver(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, _ environment, tt template) {
		topics := tt.ofType("AWS::SNS::TopicPolicy")
		for id, r := range topics {
			conditioned := map[string]bool{}
			for _, s := range at(r.Properties, "PolicyDocument", "Statement").([]any) {
				if service, ok := at(s, "Principal", "Service").(string); ok {
					conditioned[service] = at(s, "Condition") != nil
				}
			}
			if rules, ok := conditioned["events.amazonaws.com"]; !ok || rules {
				t.Errorf("%s: rules may publish: %t, on a condition: %t", id, ok, rules)
			}
			if !conditioned["cloudwatch.amazonaws.com"] {
				t.Errorf("%s: alarms of other accounts may publish, or none may", id)
			}
		}
		permissions := tt.ofType("AWS::Lambda::Permission")
		for id, r := range permissions {
			if r.Properties["SourceAccount"] != nil || r.Properties["SourceArn"] == nil {
				t.Errorf("%s: %s", id, text(r.Properties))
			}
		}
		if len(topics) != 2 || len(permissions) == 0 {
			t.Errorf("%d topics' policies and %d permissions to invoke", len(topics), len(permissions))
		}
	})
}

// TestWhatEventBridgeGivesUpIsNoticed: each rule is watched, by somebody who would have had the message.
func TestWhatEventBridgeGivesUpIsNoticed(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		watched := map[string]resource{}
		for _, r := range tt.ofType("AWS::CloudWatch::Alarm") {
			if r.Properties["MetricName"] == "FailedInvocations" {
				watched[text(r.Properties["Dimensions"])] = r
			}
		}
		rules := tt.ofType("AWS::Events::Rule")
		for id, r := range rules {
			name := r.Properties["Name"].(string)
			found := watched[`[{"Name":"RuleName","Value":"`+name+`"}]`].Properties
			want := e.topicARN(notifications)
			if to := at(r.Properties, "Targets", 0, "Arn"); to == e.topicARN(pages) {
				want = e.topicARN(pages)
			}
			if found["AlarmName"] != name+"-undelivered" || found["Threshold"] != float64(1) || found["Statistic"] != "Sum" || text(found["AlarmActions"]) != `["`+want+`"]` {
				t.Errorf("%s: the alarm is %s, want one that tells %s", id, text(found), want)
			}
			if r.Properties["EventBusName"] != nil {
				t.Errorf("%s is of another bus, whose metrics have its name as a second dimension", id)
			}
		}
		if len(rules) < 4 || len(watched) != len(rules) {
			t.Errorf("%d rules, %d alarms", len(rules), len(watched))
		}
	})
}
