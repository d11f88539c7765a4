package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

var equality = regexp.MustCompile(`\(\$\.([\w.]+) = "([^"]*)"\)`)

// fits evaluates a metric filter's pattern on a line: all that it says are members that equal texts, with && between them.
func fits(t *testing.T, pattern, line string) bool {
	t.Helper()
	var all []string
	matches := true
	var members any
	if err := json.Unmarshal([]byte(line), &members); err != nil {
		t.Fatal(err)
	}
	for _, found := range equality.FindAllStringSubmatch(pattern, -1) {
		all = append(all, found[0])
		var path []any
		for step := range strings.SplitSeq(found[1], ".") {
			path = append(path, step)
		}
		matches = matches && at(members, path...) == found[2]
	}
	if understood := "{ " + strings.Join(all, " && ") + " }"; understood != pattern {
		t.Fatalf("the pattern %s is understood as %s only", pattern, understood)
	}
	return matches
}

// machineLine is a line that Step Functions logs at level ALL, with execution data.
func machineLine(kind, details string) string {
	return fmt.Sprintf(`{"id":"3","type":%q,"details":%s,"previous_event_id":"2","event_timestamp":"1795377600123",`+
		`"execution_arn":"arn:aws:states:us-east-1:111122223333:execution:dbops-staging-update-regions:may","redrive_count":"0"}`, kind, details)
}

// actionLines are what an action logs when its verb ends with the error.
func actionLines(t *testing.T, failure error) []string {
	t.Helper()
	var log bytes.Buffer
	handler := lambdarun.Handle(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{ReplaceAttr: lambdacontext.ReplaceAttr})),
		func(context.Context, nothing) (string, error) { return "done", failure })
	if _, err := handler(t.Context(), []byte("{}")); (err != nil) != (failure != nil) {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(log.String()), "\n")
}

type nothing struct{}

func (nothing) Validate() error { return nil }

// TestLogsAreCounted: each metric filter fits the lines that it is for, and no others.
func TestLogsAreCounted(t *testing.T) {
	type line struct {
		name, text string
		want       bool
	}
	lines := map[string][]line{
		"FailedDirty": {
			{"the end FailedDirty", machineLine("ExecutionFailed", `{"cause":"{\"left\":[]}","error":"FailedDirty"}`), true},
			{"the end FailedClean", machineLine("ExecutionFailed", `{"cause":"why","error":"FailedClean"}`), false},
			{"an error that nobody catches", machineLine("ExecutionFailed", `{"cause":"FailedDirty","error":"States.Runtime"}`), false},
			{"its state", machineLine("FailStateEntered", `{"input":"{}","inputDetails":{"truncated":false},"name":"FailedDirty"}`), false},
			{"that of a nested restart", machineLine("TaskFailed", `{"cause":"{}","error":"States.TaskFailed","resource":"startExecution.sync:2","resourceType":"states"}`), false},
			{"an abort", machineLine("ExecutionAborted", `{}`), false},
		},
	}
	for name, failure := range map[string]error{
		"the environment is locked": fmt.Errorf("acquire: %w", fault.New(fault.EnvironmentLocked, "run may holds the lock")),
		"another error":             errors.New("EnvironmentLocked"),
		"success":                   nil,
	} {
		for _, text := range actionLines(t, failure) {
			lines["LockRefused"] = append(lines["LockRefused"], line{name, text, name == "the environment is locked"})
		}
	}
	eachEnvironment(t, func(t *testing.T, e environment, tt template) {
		seen := map[string]bool{}
		for id, r := range tt.ofType("AWS::Logs::MetricFilter") {
			counted := at(r.Properties, "MetricTransformations", 0, "MetricName").(string)
			seen[counted] = true
			for _, l := range lines[counted] {
				if got := fits(t, r.Properties["FilterPattern"].(string), l.text); got != l.want {
					t.Errorf("%s: %s: %t: %s", id, l.name, got, l.text)
				}
			}
		}
		if len(seen) != len(lines) {
			t.Errorf("filters count %v", seen)
		}
	})
}
