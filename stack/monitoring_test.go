package stack

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

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

// TestTheDocumentedAlarmsAreThoseOfTheTemplates, and their price.
func TestTheDocumentedAlarmsAreThoseOfTheTemplates(t *testing.T) {
	docs, err := os.ReadFile(filepath.Join("..", "docs", "deploying.md"))
	if err != nil {
		t.Fatal(err)
	}
	s := synthesisOf(t)
	staging, production := len(s.templates["Staging"].ofType("AWS::CloudWatch::Alarm")), len(s.templates["Production"].ofType("AWS::CloudWatch::Alarm"))
	want := fmt.Sprintf("| alarms: %d at $0.10 (staging), %d (production) | $%.2f–%.2f |\n", staging, production, float64(production)/10, float64(staging)/10)
	if !strings.Contains(string(docs), want) {
		t.Errorf("docs/deploying.md lacks the line %s", want)
	}
	for _, r := range s.templates["Staging"].ofType("AWS::CloudWatch::Alarm") {
		name := strings.TrimPrefix(r.Properties["AlarmName"].(string), "dbops-staging-")
		kind := name[strings.LastIndex(name, "-")+1:]
		if !strings.Contains(string(docs), "`…-"+name+"`") && !strings.Contains(string(docs), "`…-<action>-"+kind+"`") && !strings.Contains(string(docs), "`…-<rule>-"+kind+"`") && !strings.Contains(string(docs), "`…-"+kind+"`") {
			t.Errorf("docs/deploying.md does not say what to do about %s", name)
		}
	}
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
