package lambdarun

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"
)

type measuredOutput struct {
	metrics []Metric
}

func (o measuredOutput) Metrics() []Metric { return o.metrics }

func TestMeasureWritesTheEmbeddedFormat(t *testing.T) {
	some := []Metric{{"ObjectsCopied", Count, 12}, {"LoadedPercent", Percent, 62.5}}
	tests := []struct {
		name    string
		metrics []Metric
		payload string
		fails   error
		want    string
	}{
		{name: "metrics", metrics: some, payload: `{"desired":1}`, want: `{"_aws":{"Timestamp":1795377600123,"CloudWatchMetrics":[{"Namespace":"dbops",` +
			`"Dimensions":[["Environment"]],"Metrics":[{"Name":"ObjectsCopied","Unit":"Count"},{"Name":"LoadedPercent","Unit":"Percent"}]}]},` +
			`"Environment":"Staging","ObjectsCopied":12,"LoadedPercent":62.5,"level":"INFO","message":"metrics"}`},
		{name: "an answer without", payload: `{"desired":1}`},
		{name: "a failure", metrics: some, payload: `{"desired":1}`, fails: errors.New("broken")},
		{name: "a refused input", metrics: some, payload: `{"desired":-1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			env := Env{Now: func() time.Time { return time.UnixMilli(1795377600123) },
				Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{ReplaceAttr: lambdacontext.ReplaceAttr}))}
			h := Handle(env.Log, Measure(env, "Staging", func(context.Context, scaleInput) (measuredOutput, error) {
				return measuredOutput{tt.metrics}, tt.fails
			}))
			_, err := h(t.Context(), []byte(tt.payload))
			if (err != nil) != (tt.fails != nil || tt.name == "a refused input") {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decoded(t, []byte(tt.want)), metricLine(t, log.Bytes())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// metricLine finds the one line of a log that has metrics, less its time.
func metricLine(t *testing.T, log []byte) (found map[string]any) {
	t.Helper()
	for line := range bytes.Lines(log) {
		if one := decoded(t, line); one["_aws"] != nil {
			if found != nil {
				t.Errorf("another line of metrics: %s", line)
			}
			found = one
			delete(found, "timestamp")
		}
	}
	return found
}

func decoded(t *testing.T, line []byte) (object map[string]any) {
	t.Helper()
	if len(line) == 0 {
		return nil
	}
	if err := json.Unmarshal(line, &object); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return object
}
