package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/pkg/fleet"
	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/readiness"
	"github.com/publicmapping/districtbuilder-ops/pkg/regioncopy"
	"github.com/publicmapping/districtbuilder-ops/pkg/regiondb"
)

// metric is what CloudWatch keeps a series of: dimensions are "name=value", sorted.
type metric struct{ namespace, name, dimensions string }

func measured(namespace, name string, dimensions ...string) metric {
	slices.Sort(dimensions)
	return metric{namespace, name, strings.Join(dimensions, " ")}
}

// answers are one of each kind that has metrics, with all of them.
func answers() map[string]lambdarun.Measured {
	eta := 60
	return map[string]lambdarun.Measured{
		"PollHealthOutput":   fleet.PollHealthOutput{Report: readiness.Report{ETASeconds: &eta, Tasks: []readiness.TaskReport{{State: "loading"}}}},
		"Progress":           regioncopy.Progress{},
		"BackupRegionOutput": regioncopy.BackupRegionOutput{},
		"BumpVersionsOutput": regiondb.BumpVersionsOutput{},
		"WatchLockOutput":    journal.WatchLockOutput{},
	}
}

// TestAllAnswersThatHaveMetricsAreKnown here, else the other tests would miss those of a new one.
func TestAllAnswersThatHaveMetricsAreKnown(t *testing.T) {
	files, err := filepath.Glob("../pkg/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`func \(\w+ \*?(\w+)\) Metrics\(\)`).FindAllStringSubmatch(string(text), -1) {
			if !strings.HasSuffix(file, "_test.go") {
				got = append(got, found[1])
			}
		}
	}
	for name := range answers() {
		want = append(want, name)
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-known +found:\n%s", diff)
	}
}

// emitted are the metrics that the actions of an environment write, as CloudWatch reads them in the log.
func emitted(t *testing.T, environment string) map[metric]bool {
	t.Helper()
	found := map[metric]bool{}
	for _, answer := range answers() {
		var log bytes.Buffer
		env := lambdarun.Env{Now: time.Now, Log: slog.New(slog.NewJSONHandler(&log, nil))}
		measure := lambdarun.Measure(env, environment, func(context.Context, struct{}) (lambdarun.Measured, error) { return answer, nil })
		if _, err := measure(t.Context(), struct{}{}); err != nil {
			t.Fatal(err)
		}
		var line map[string]any
		if err := json.Unmarshal(log.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		directive := at(line, "_aws", "CloudWatchMetrics", 0)
		var dimensions []string
		for _, d := range list(at(directive, "Dimensions", 0)) {
			dimensions = append(dimensions, fmt.Sprintf("%s=%v", d, line[d]))
		}
		for _, m := range at(directive, "Metrics").([]any) {
			found[measured(at(directive, "Namespace").(string), at(m, "Name").(string), dimensions...)] = true
		}
	}
	return found
}

// filtered are the metrics that the template's filters count in logs.
func filtered(tt template) map[metric]bool {
	found := map[metric]bool{}
	for _, r := range tt.ofType("AWS::Logs::MetricFilter") {
		m := at(r.Properties, "MetricTransformations", 0)
		found[measured(at(m, "MetricNamespace").(string), at(m, "MetricName").(string))] = true
	}
	return found
}

// services are the metrics that AWS reports of the template's own resources.
func services(e environment, tt template) map[metric]bool {
	found := map[metric]bool{}
	report := func(namespace, dimension, kind, property string, value func(string) string, names ...string) {
		for _, r := range tt.ofType(kind) {
			for _, name := range names {
				found[measured(namespace, name, dimension+"="+value(r.Properties[property].(string)))] = true
			}
		}
	}
	same := func(name string) string { return name }
	report("AWS/Lambda", "FunctionName", "AWS::Lambda::Function", "FunctionName", same, "Errors", "Throttles")
	report("AWS/Events", "RuleName", "AWS::Events::Rule", "Name", same, "FailedInvocations") // of the default bus
	report("AWS/SQS", "QueueName", "AWS::SQS::Queue", "QueueName", same, "ApproximateNumberOfMessagesVisible")
	report("AWS/States", "StateMachineArn", "AWS::StepFunctions::StateMachine", "StateMachineName", func(name string) string { return e.arn("states", "stateMachine:"+name) },
		"ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsAborted", "ExecutionsTimedOut", "ExecutionTime")
	for _, name := range []string{"HealthyHostCount", "UnHealthyHostCount"} {
		found[measured("AWS/ApplicationELB", name, "LoadBalancer=", "TargetGroup="+e.TargetGroup)] = true
	}
	return found
}

// alarmed are the metrics of the template's alarms.
func alarmed(tt template) map[metric]bool {
	found := map[metric]bool{}
	for _, r := range tt.ofType("AWS::CloudWatch::Alarm") {
		var dimensions []string
		given, _ := r.Properties["Dimensions"].([]any)
		for _, d := range given {
			dimensions = append(dimensions, fmt.Sprintf("%v=%v", at(d, "Name"), at(d, "Value")))
		}
		found[measured(r.Properties["Namespace"].(string), r.Properties["MetricName"].(string), dimensions...)] = true
	}
	return found
}

// search is the one form of expression that the dashboard has.
var search = regexp.MustCompile(`^SEARCH\('\{([\w/]+),(\w+),(\w+)\} MetricName="(\w+)" TargetGroup=(\w+)', '(?:Minimum|Maximum)'\)$`)

// shown are the metrics of a dashboard. One that is searched for has any load balancer.
func shown(t *testing.T, body string) map[metric]bool {
	t.Helper()
	var dashboard struct{ Widgets []map[string]any }
	if err := json.Unmarshal([]byte(body), &dashboard); err != nil {
		t.Fatal(err)
	}
	found := map[metric]bool{}
	for _, w := range dashboard.Widgets {
		lines, _ := at(w, "properties", "metrics").([]any)
		for _, line := range lines {
			parts := line.([]any)
			if expression, ok := at(parts[0], "expression").(string); ok {
				s := search.FindStringSubmatch(expression)
				if s == nil {
					t.Fatalf("the expression %s is not understood", expression)
				}
				found[measured(s[1], s[4], s[2]+"=", s[3]+"="+s[5])] = true
				continue
			}
			var dimensions []string
			for i := 2; i+1 < len(parts); i += 2 {
				dimensions = append(dimensions, fmt.Sprintf("%v=%v", parts[i], parts[i+1]))
			}
			found[measured(parts[0].(string), parts[1].(string), dimensions...)] = true
		}
	}
	return found
}

// TestWhatIsWatchedIsReported: each metric of an alarm or of the dashboard is one that something reports, to the name of
// its dimensions, and each that an action measures is to be seen.
func TestWhatIsWatchedIsReported(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		own, counted, reported := emitted(t, e.Name), filtered(tt), services(e, tt)
		body := tt.named(t, "AWS::CloudWatch::Dashboard", "DashboardName", e.dashboard()).Properties["DashboardBody"].(string)
		onDashboard := shown(t, body)
		for where, watched := range map[string]map[metric]bool{"an alarm": alarmed(tt), "the dashboard": onDashboard} {
			if len(watched) < 10 {
				t.Errorf("only %d metrics of %s found", len(watched), where)
			}
			for m := range watched {
				if !own[m] && !counted[m] && !reported[m] {
					t.Errorf("%s watches %+v, which nothing reports", where, m)
				}
			}
		}
		for m := range own {
			if !onDashboard[m] {
				t.Errorf("%+v is measured and not on the dashboard", m)
			}
		}
	})
}

// TestHealthyHostsAreShown by the words of the target group's name.
func TestHealthyHostsAreShown(t *testing.T) {
	e := synthesisOf(t).environments["Staging"]
	for name, words := range map[string]string{"tgStagingApp": "TargetGroup=tgStagingApp", "app-of-staging": "TargetGroup=app TargetGroup=of TargetGroup=staging"} {
		e.TargetGroup = name
		want := `[[{"expression":"SEARCH('{AWS/ApplicationELB,LoadBalancer,TargetGroup} MetricName=\"HealthyHostCount\" ` + words +
			`', 'Minimum')","id":"healthyhostcount","label":"HealthyHostCount"}],` +
			`[{"expression":"SEARCH('{AWS/ApplicationELB,LoadBalancer,TargetGroup} MetricName=\"UnHealthyHostCount\" ` + words +
			`', 'Maximum')","id":"unhealthyhostcount","label":"UnHealthyHostCount"}]]`
		if diff := cmp.Diff(want, text(e.hosts())); diff != "" {
			t.Errorf("target group %s (-want +got):\n%s", name, diff)
		}
	}
}
