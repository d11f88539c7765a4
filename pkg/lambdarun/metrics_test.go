package lambdarun

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
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

// seen is an answer that has been looked up; copied is one of work that stays done when the call fails.
type seen struct {
	Text string `json:"text"`
}

func (seen) Metrics() []Metric { return []Metric{{"Seen", Count, 1}} }

type copied struct{ seen }

func (copied) Metrics() []Metric        { return []Metric{{"Copied", Count, 7}} }
func (copied) PartialMetrics() []Metric { return []Metric{{"Copied", Count, 3}} }

func TestMeasureOfCallsThatFail(t *testing.T) {
	over := seen{strings.Repeat("x", MaxOutput)}
	for _, tt := range []struct {
		name   string
		handle func(Env) Handler
		want   map[string]any // the metrics
		fails  bool
	}{
		{"a look that succeeds", answering(seen{}, nil), map[string]any{"Seen": 1.0}, false},
		{"a look that fails", answering(seen{}, errors.New("broken")), nil, true},
		{"a look with an answer over the limit", answering(over, nil), nil, true},
		{"work that succeeds", answering(copied{}, nil), map[string]any{"Copied": 7.0}, false},
		{"work that fails", answering(copied{}, errors.New("broken")), map[string]any{"Copied": 3.0}, true},
		{"work with an answer over the limit", answering(copied{over}, nil), map[string]any{"Copied": 3.0}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			env := Env{Now: time.Now, Log: slog.New(slog.NewJSONHandler(&log, nil))}
			if _, err := tt.handle(env)(t.Context(), []byte(`{"desired":1}`)); (err != nil) != tt.fails {
				t.Errorf("error = %v", err)
			}
			var got map[string]any
			for name, value := range metricLine(t, log.Bytes()) {
				if name == "Seen" || name == "Copied" {
					got = map[string]any{name: value}
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// answering makes an action that is measured and has always the same answer.
func answering[Out Measured](out Out, err error) func(Env) Handler {
	return func(env Env) Handler {
		return Handle(env.Log, Measure(env, "Staging", func(context.Context, scaleInput) (Out, error) { return out, err }))
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
