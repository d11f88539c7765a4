package fleetsim

import (
	"slices"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/awswire"
)

type metricAlarm struct {
	Name           string       `json:"AlarmName"`
	ARN            string       `json:"AlarmArn"`
	State          string       `json:"StateValue"`
	StateReason    string       `json:"StateReason"`
	StateUpdated   awswire.Time `json:"StateUpdatedTimestamp"`
	ActionsEnabled bool         `json:"ActionsEnabled"`
	Actions        []string     `json:"AlarmActions"`
	Namespace      string       `json:"Namespace"`
	Metric         string       `json:"MetricName"`
	Statistic      string       `json:"Statistic"`
	Comparison     string       `json:"ComparisonOperator"`
	Threshold      float64      `json:"Threshold"`
	Period         int          `json:"Period"`
	Evaluations    int          `json:"EvaluationPeriods"`
}

type describeAlarmsInput struct {
	Names      []string `json:"AlarmNames"`
	Prefix     string   `json:"AlarmNamePrefix"`
	StateValue string   `json:"StateValue"`
}

type describeAlarmsOutput struct {
	MetricAlarms    []metricAlarm `json:"MetricAlarms"`
	CompositeAlarms []metricAlarm `json:"CompositeAlarms"`
}

func (w *World) describeAlarms(in describeAlarmsInput) (describeAlarmsOutput, error) {
	if len(in.Names) > 0 && in.Prefix != "" {
		return describeAlarmsOutput{}, awswire.Errorf("InvalidParameterCombination", "AlarmNames and AlarmNamePrefix exclude each other.")
	}
	out := describeAlarmsOutput{MetricAlarms: []metricAlarm{}, CompositeAlarms: []metricAlarm{}}
	for _, a := range w.alarms() {
		if (len(in.Names) == 0 || slices.Contains(in.Names, a.Name)) && strings.HasPrefix(a.Name, in.Prefix) &&
			(in.StateValue == "" || in.StateValue == a.State) {
			out.MetricAlarms = append(out.MetricAlarms, a)
		}
	}
	return out, nil
}

func (w *World) alarms() []metricAlarm {
	state := func(name string, firing bool) string {
		if firing || w.alarm.forced[name] {
			return "ALARM"
		}
		return "OK"
	}
	return []metricAlarm{{
		Name: w.Names.Alarm, ARN: w.Names.alarmARN(w.Names.Alarm), State: state(w.Names.Alarm, w.alarm.firing), StateReason: w.alarmReason(),
		StateUpdated: awswire.Time{Time: w.alarm.since}, ActionsEnabled: true,
		Actions:   []string{w.Names.arn("autoscaling", "scalingPolicy:1c5a:autoScalingGroupName/"+w.Names.Group+":policyName/"+w.Names.Policy)},
		Namespace: "AWS/ECS", Metric: "CPUReservation", Statistic: "Average", Comparison: "LessThanThreshold",
		Threshold: 100, Period: int(w.timing.AlarmPeriod.Seconds()), Evaluations: 1,
	}, {
		Name: w.Names.LatencyAlarm, ARN: w.Names.alarmARN(w.Names.LatencyAlarm), State: state(w.Names.LatencyAlarm, false),
		StateReason: "Threshold Crossed: 1 datapoint [0.2] was not greater than the threshold (1.5).", StateUpdated: awswire.Time{Time: w.service.createdAt},
		ActionsEnabled: true, Actions: []string{w.Names.arn("sns", "topicGlobalNotifications")}, Namespace: "AWS/ApplicationELB",
		Metric: "TargetResponseTime", Statistic: "Average", Comparison: "GreaterThanThreshold", Threshold: 1.5, Period: 900, Evaluations: 1,
	}}
}
