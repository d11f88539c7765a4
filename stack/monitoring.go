package stack

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// metrics is the namespace of what is read from the logs.
func (e environment) metrics() string { return "DistrictBuilderOps/" + e.Name }

// fromLog is a metric that a log group's lines give. Actions log every answer as "output", so nothing else is needed.
type fromLog struct{ name, pattern, value string }

// The metrics of machines and actions.
var (
	failedDirty = fromLog{"FailedDirty", `{ ($.type = "ExecutionFailed") && ($.details.error = "FailedDirty") }`, "1"}
	lockRefused = fromLog{"LockRefused", `{ ($.message = "failed") && ($.error = "EnvironmentLocked") }`, "1"}

	finished = `{ ($.message = "done") && ($.output.done IS TRUE) }`
	looked   = `{ ($.message = "done") && ($.output.verdict = "*") }`

	actionMetrics = map[string][]fromLog{
		"acquire-lock":     {lockRefused},
		"backup-region":    {{"BackupObjects", finished, "$.output.objects"}, {"BackupBytes", finished, "$.output.bytes"}},
		"overwrite-region": {{"OverwriteObjects", finished, "$.output.objects"}, {"OverwriteBytes", finished, "$.output.bytes"}},
		"restore-region":   {{"RestoreObjects", finished, "$.output.objects"}, {"RestoreBytes", finished, "$.output.bytes"}},
		"poll-health": {{"HealthyNewTasks", looked, "$.output.healthy"}, {"OldTasks", looked, "$.output.oldRunning"},
			{"SecondsToHealthy", `{ ($.message = "done") && ($.output.etaSeconds >= 0) }`, "$.output.etaSeconds"}},
	}
)

// alarm is a metric's sum over five minutes that somebody should know of.
type alarm struct {
	name, why, namespace, metric string
	dimensions                   map[string]string
	atLeast                      int
	topic                        string
}

// newMonitoring makes the metrics, the alarms and the dashboard.
func newMonitoring(scope constructs.Construct, e environment, functions map[string]function, machineLogs map[string]awslogs.LogGroup) {
	monitoring := constructs.NewConstruct(scope, jsii.String("Monitoring"))
	for _, machine := range slices.Sorted(maps.Keys(machineLogs)) {
		newMetric(monitoring, e, machine, machineLogs[machine], failedDirty)
	}
	for _, action := range slices.Sorted(maps.Keys(actionMetrics)) {
		for _, m := range actionMetrics[action] {
			newMetric(monitoring, e, action, functions[action].log, m)
		}
	}
	alarms := e.alarms()
	for _, a := range alarms {
		newAlarm(monitoring, e, a)
	}
	newDashboard(monitoring, e, alarms)
}

func newMetric(scope constructs.Construct, e environment, source string, log awslogs.LogGroup, m fromLog) {
	awslogs.NewCfnMetricFilter(scope, jsii.String(source+" "+m.name), &awslogs.CfnMetricFilterProps{
		LogGroupName: log.LogGroupName(), FilterPattern: jsii.String(m.pattern),
		MetricTransformations: []any{&awslogs.CfnMetricFilter_MetricTransformationProperty{
			MetricNamespace: jsii.String(e.metrics()), MetricName: jsii.String(m.name), MetricValue: jsii.String(m.value),
		}},
	})
}

// alarms of the environment. A single error of a function is an answer to the state machine, which retries or undoes;
// three in five minutes are a function that does not work.
func (e environment) alarms() []alarm {
	found := []alarm{
		{"failed-dirty", "A run ended and left something behind. The execution's cause lists what, with a command for each.",
			e.metrics(), failedDirty.name, nil, 1, pages},
		{"locked", "A run was refused because the environment is locked. If no other run is at work, the lock is stale: acquire-lock's log says whose it is and what to do.",
			e.metrics(), lockRefused.name, nil, 1, notifications},
	}
	if e.UploadBucket != "" {
		found = append(found, alarm{"dead-letters", "An upload's event could not be handled. Read the message in the queue, mend the cause, upload again.",
			"AWS/SQS", "ApproximateNumberOfMessagesVisible", map[string]string{"QueueName": e.named(deadLetters)}, 1, notifications})
	}
	for _, a := range e.actions() {
		of := map[string]string{"FunctionName": e.named(a.name)}
		found = append(found,
			alarm{a.name + "-errors", a.name + " failed three times in five minutes: see its log.", "AWS/Lambda", "Errors", of, 3, notifications},
			alarm{a.name + "-throttles", a.name + " was throttled: the account's concurrency is used up.", "AWS/Lambda", "Throttles", of, 1, notifications})
	}
	return found
}

func newAlarm(scope constructs.Construct, e environment, a alarm) {
	var dimensions []any
	for _, name := range slices.Sorted(maps.Keys(a.dimensions)) {
		dimensions = append(dimensions, &awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String(name), Value: jsii.String(a.dimensions[name])})
	}
	props := &awscloudwatch.CfnAlarmProps{
		AlarmName: jsii.String(e.named(a.name)), AlarmDescription: jsii.String("DistrictBuilder " + e.Name + ": " + a.why),
		Namespace: jsii.String(a.namespace), MetricName: jsii.String(a.metric), Statistic: jsii.String("Sum"), Period: jsii.Number(300),
		EvaluationPeriods: jsii.Number(1), Threshold: jsii.Number(a.atLeast), ComparisonOperator: jsii.String("GreaterThanOrEqualToThreshold"),
		TreatMissingData: jsii.String("notBreaching"), AlarmActions: &[]any{e.topicARN(a.topic)},
	}
	if dimensions != nil {
		props.Dimensions = dimensions
	}
	awscloudwatch.NewCfnAlarm(scope, jsii.String("Alarm "+a.name), props)
}
