package stack

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

// metrics is the namespace of what metric filters count in the logs. What actions measure themselves is in lambdarun's,
// by the environment as a dimension: CloudWatch reads it from the logs in the embedded metric format.
func (e environment) metrics() string { return "DistrictBuilderOps/" + e.Name }

// measured are the dimensions of what actions measure.
func (e environment) measured() map[string]string { return map[string]string{"Environment": e.Name} }

// fromLog is a metric that a log group's lines give: for errors, which have no answer to measure.
type fromLog struct{ name, pattern, value string }

// The metrics of the logs.
var (
	failedDirty = fromLog{"FailedDirty", `{ ($.type = "ExecutionFailed") && ($.details.error = "FailedDirty") }`, "1"}
	lockRefused = fromLog{"LockRefused", `{ ($.message = "failed") && ($.error = "EnvironmentLocked") }`, "1"}
)

// alarm is a metric's sum over five minutes that somebody should know of, or a gauge's height.
type alarm struct {
	name, why, namespace, metric string
	dimensions                   map[string]string
	atLeast                      int
	topic                        string
	// gauge is a metric that is always reported: its maximum of an hour counts, and that it is not reported counts as well.
	gauge bool
}

// longestLock is after how long a lock is noticed, in seconds: as long as one is taken for unless its run says otherwise.
const longestLock = 6 * 60 * 60

// newMonitoring makes the metrics, the alarms and the dashboard.
func newMonitoring(scope constructs.Construct, e environment, functions map[string]function, machineLogs map[string]awslogs.LogGroup) {
	monitoring := constructs.NewConstruct(scope, jsii.String("Monitoring"))
	for _, machine := range slices.Sorted(maps.Keys(machineLogs)) {
		newMetric(monitoring, e, machine, machineLogs[machine], failedDirty)
	}
	newMetric(monitoring, e, "acquire-lock", functions["acquire-lock"].log, lockRefused)
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
			e.metrics(), failedDirty.name, nil, 1, pages, false},
		{"locked", "A run was refused because the environment is locked. If no other run is at work, the lock is stale: acquire-lock's log says whose it is and what to do.",
			e.metrics(), lockRefused.name, nil, 1, notifications, false},
		{"lock-held", "The lock has been held for more than six hours, or nobody could look at it for an hour: see watch-lock's log, which says whose it is. " +
			"If its execution is at work, wait for its end. If it is over, the next run takes the lock over, or says what to undo first.",
			lambdarun.Namespace, "LockAgeSeconds", e.measured(), longestLock, notifications, true},
	}
	if e.UploadBucket != "" {
		found = append(found, alarm{"dead-letters", "An upload's event could not be handled. Read the message in the queue, mend the cause, upload again.",
			"AWS/SQS", "ApproximateNumberOfMessagesVisible", map[string]string{"QueueName": e.named(deadLetters)}, 1, notifications, false})
	}
	for _, a := range e.actions() {
		of := map[string]string{"FunctionName": e.named(a.name)}
		found = append(found,
			alarm{a.name + "-errors", a.name + " failed three times in five minutes: see its log.", "AWS/Lambda", "Errors", of, 3, notifications, false},
			alarm{a.name + "-throttles", a.name + " was throttled: the account's concurrency is used up.", "AWS/Lambda", "Throttles", of, 1, notifications, false})
	}
	return append(found, e.undelivered()...)
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
	if a.gauge {
		props.Statistic, props.Period, props.TreatMissingData = jsii.String("Maximum"), jsii.Number(3600), jsii.String("breaching")
	}
	awscloudwatch.NewCfnAlarm(scope, jsii.String("Alarm "+a.name), props)
}
