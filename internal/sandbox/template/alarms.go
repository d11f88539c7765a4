package template

import (
	"encoding/json"
	"time"
)

// Alarm is a CloudWatch alarm.
type Alarm struct {
	ID, Name, ARN string
	// Actions are the ARNs that are told when it goes off.
	Actions []string

	Namespace, Metric string
	Dimensions        map[string]string
	Statistic         string
	Period            time.Duration
	Periods           int // that are looked at
	Threshold         float64
	Comparison        string
	Missing           string // what a period without data counts as
	// Metrics are those of an alarm on an expression, which has none of the above but the comparison.
	Metrics json.RawMessage
}

func (l *loader) alarms(t *Template) error {
	type properties struct {
		AlarmActions                                                           []string
		Namespace, MetricName, Statistic, ComparisonOperator, TreatMissingData string
		ExtendedStatistic                                                      string
		Dimensions                                                             []struct{ Name, Value string }
		Period, EvaluationPeriods, Threshold                                   number
		Metrics                                                                json.RawMessage
	}
	return each(l, "AWS::CloudWatch::Alarm", func(id string, p properties) error {
		a := Alarm{ID: id, Actions: p.AlarmActions, Namespace: p.Namespace, Metric: p.MetricName, Statistic: p.Statistic + p.ExtendedStatistic,
			Dimensions: map[string]string{}, Period: time.Duration(p.Period) * time.Second, Periods: int(p.EvaluationPeriods),
			Threshold: float64(p.Threshold), Comparison: p.ComparisonOperator, Missing: p.TreatMissingData, Metrics: p.Metrics}
		for _, d := range p.Dimensions {
			a.Dimensions[d.Name] = d.Value
		}
		var err error
		a.Name, a.ARN, err = l.nameAndARN(id)
		t.Alarms = append(t.Alarms, a)
		return err
	})
}
