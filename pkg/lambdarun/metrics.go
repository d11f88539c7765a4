package lambdarun

import (
	"context"
	"log/slog"
)

// Namespace is where CloudWatch keeps the actions' metrics, each by the dimension Environment.
const Namespace = "dbops"

// The dimension by which an environment's metrics are told from another's.
const dimension = "Environment"

// Metric is a number that CloudWatch shall keep.
type Metric struct {
	Name  string  `json:"Name"`
	Unit  Unit    `json:"Unit"`
	Value float64 `json:"-"` // stands beside the metadata, by the metric's name
}

// Unit is one of CloudWatch's units.
type Unit string

// The units that actions measure in.
const (
	Count   Unit = "Count"
	Bytes   Unit = "Bytes"
	Seconds Unit = "Seconds"
	Percent Unit = "Percent"
)

// Measured is an answer that has metrics: at most 100, whose names differ. It may have none.
type Measured interface{ Metrics() []Metric }

// PartlyMeasured is an answer that has metrics, too, of what a call has done before it failed.
// It is not asked for the metrics of a call that has an answer.
type PartlyMeasured interface{ PartialMetrics() []Metric }

// metadata tells CloudWatch Logs which members of a line are metrics.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
type metadata struct {
	Timestamp         int64 // ms
	CloudWatchMetrics []directive
}

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []Metric
}

// Measure makes a verb write its answer's metrics to the log, in the embedded metric format: no call and no permission
// is needed, CloudWatch reads them there. A call that fails, or whose answer Handle will refuse, is not measured,
// but for what the verb returned beside its error if that is PartlyMeasured.
func Measure[In any, Out Measured](env Env, environment string, verb func(context.Context, In) (Out, error)) func(context.Context, In) (Out, error) {
	return func(ctx context.Context, in In) (Out, error) {
		out, err := verb(ctx, in)
		if err == nil {
			_, err = encode(out)
		}
		if err == nil {
			env.measure(ctx, environment, out.Metrics())
		} else if partly, ok := any(out).(PartlyMeasured); ok {
			env.measure(ctx, environment, partly.PartialMetrics())
		}
		return out, err
	}
}

func (e Env) measure(ctx context.Context, environment string, metrics []Metric) {
	if len(metrics) == 0 {
		return
	}
	attributes := []slog.Attr{
		slog.Any("_aws", metadata{e.Now().UnixMilli(), []directive{{Namespace, [][]string{{dimension}}, metrics}}}),
		slog.String(dimension, environment),
	}
	for _, m := range metrics {
		attributes = append(attributes, slog.Float64(m.Name, m.Value))
	}
	e.Log.LogAttrs(ctx, slog.LevelInfo, "metrics", attributes...)
}
