package stack

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// newDashboard makes the page on which a restart can be followed and a month be looked back on.
func newDashboard(scope constructs.Construct, e environment, alarms []alarm) {
	body, err := json.Marshal(map[string]any{"widgets": e.widgets(alarms)})
	if err != nil {
		panic(err) // maps of texts and numbers can be encoded
	}
	awscloudwatch.NewCfnDashboard(scope, jsii.String("Dashboard"), &awscloudwatch.CfnDashboardProps{
		DashboardName: jsii.String(e.dashboard()), DashboardBody: jsii.String(string(body)),
	})
}

// series is a line of a graph: namespace, metric, then dimensions; or one expression.
type series []any

func (e environment) widgets(alarms []alarm) []any {
	var names []string
	for _, a := range alarms {
		names = append(names, e.arn("cloudwatch", "alarm:"+e.named(a.name)))
	}
	var outcomes, durations []series
	for _, m := range statemachines.Names() {
		for _, outcome := range []string{"Succeeded", "Failed", "Aborted", "TimedOut"} {
			outcomes = append(outcomes, series{"AWS/States", "Executions" + outcome, "StateMachineArn", e.machineARN(m), label(m + " " + outcome)})
		}
		durations = append(durations, series{"AWS/States", "ExecutionTime", "StateMachineArn", e.machineARN(m), label(m)})
	}
	var errors []series
	for _, a := range e.actions() {
		errors = append(errors, series{"AWS/Lambda", "Errors", "FunctionName", e.named(a.name), label(a.name)})
	}
	row := func(y int, left, right map[string]any) []any {
		return []any{widget("metric", 0, y, left), widget("metric", 12, y, right)}
	}
	all := []any{widget("alarm", 0, 0, map[string]any{"title": "Alarms", "alarms": names})}
	all[0].(map[string]any)["width"] = 24
	all = append(all, row(6, e.graph("Executions by outcome", "Sum", 3600, outcomes), e.graph("Duration (ms)", "Maximum", 3600, durations))...)
	all = append(all, row(12, e.graph("Tasks during a restart", "Maximum", 60, e.own("HealthyNewTasks", "OldTasksRunning")),
		e.graph("Healthy hosts", "Minimum", 60, e.hosts()))...)
	all = append(all, row(18, e.graph("Load progress of new tasks (%)", "Maximum", 60, e.own("LoadedPercent")),
		e.graph("Seconds until the new tasks have loaded", "Maximum", 60, e.own("EtaSeconds")))...)
	all = append(all, row(24, e.graph("Bytes copied", "Sum", 3600, e.own("BytesCopied")),
		e.graph("Objects copied, versions bumped", "Sum", 3600, e.own("ObjectsCopied", "VersionsBumped")))...)
	return append(all, row(30, e.graph("Errors of functions", "Sum", 300, errors), e.graph("Age of the lock (s)", "Maximum", 900, e.own("LockAgeSeconds")))...)
}

// hosts are the load balancer's counts, of both services of the environment. CloudWatch keeps them by load balancer and
// target group, targetgroup/<name>/<id>, so the graph searches for those in whose value each word of the name stands.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
func (e environment) hosts() []series {
	var words string
	for word := range strings.SplitSeq(e.TargetGroup, "-") {
		words += " TargetGroup=" + word
	}
	count := func(metric, statistic string) series {
		search := fmt.Sprintf(`SEARCH('{AWS/ApplicationELB,LoadBalancer,TargetGroup} MetricName="%s"%s', '%s')`, metric, words, statistic)
		return series{map[string]any{"expression": search, "id": strings.ToLower(metric), "label": metric}}
	}
	return []series{count("HealthyHostCount", "Minimum"), count("UnHealthyHostCount", "Maximum")}
}

// own are metrics that actions measure.
func (e environment) own(metrics ...string) []series {
	var found []series
	for _, m := range metrics {
		found = append(found, series{lambdarun.Namespace, m, "Environment", e.Name})
	}
	return found
}

func (e environment) graph(title, statistic string, seconds int, lines []series) map[string]any {
	return map[string]any{"title": title, "region": e.Region, "view": "timeSeries", "stat": statistic, "period": seconds, "metrics": lines}
}

func label(text string) map[string]any { return map[string]any{"label": text} }

func widget(kind string, x, y int, properties map[string]any) map[string]any {
	return map[string]any{"type": kind, "x": x, "y": y, "width": 12, "height": 6, "properties": properties}
}
