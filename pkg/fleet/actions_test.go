package fleet

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

func testEnv(settings map[string]string) lambdarun.Env {
	return lambdarun.Env{Getenv: func(name string) string { return settings[name] }, AWS: aws.Config{Region: "us-east-1"},
		Now: time.Now, Log: slog.New(slog.DiscardHandler)}
}

var allSettings = map[string]string{"ENVIRONMENT": "Staging", "STATE_BUCKET": "state", "CLUSTER": testCluster, "SERVICE": testService,
	"GROUP": testGroup, "TARGET_GROUP": testTargetGroup, "LOG_GROUP": "logStagingApp", "CONTAINER": "app"}

// TestActionsRefuseBadInput needs no account: every row is refused before any call.
func TestActionsRefuseBadInput(t *testing.T) {
	t.Parallel()
	task := `"` + taskARN(1) + `"`
	rows := []struct {
		action string
		build  lambdarun.Build
		bad    []string
	}{
		{"survey-fleet", SurveyFleetAction, []string{`{"run":"a b"}`, `{"undo":true}`, `[]`}},
		{"fence-group", FenceGroupAction, []string{`{}`, `{"fenced":"yes"}`, `{"fenced":true,"undo":true}`, `{"fenced":true,"group":"x"}`}},
		{"scale-group", ScaleGroupAction, []string{`{"desired":0}`, `{"desired":-1}`, `{"desired":1.5}`, `{"desired":5000}`}},
		{"scale-service", ScaleServiceAction, []string{`{}`, `{"desired":0}`, `{"desired":-3}`, `{"desired":5000}`, `{"desired":3,"undo":true}`}},
		{"poll-health", PollHealthAction, []string{`{}`, `{"oldTasks":[],"expected":1,"usual":1}`, `{"oldTasks":[` + task + `],"expected":0,"usual":1}`,
			`{"oldTasks":[` + task + `],"expected":1,"usual":0}`, `{"oldTasks":["x"],"expected":1,"usual":1}`,
			`{"oldTasks":[` + task + `],"expected":1,"usual":1,"stuckAfterSeconds":-1}`, `{"oldTasks":[` + task + `],"expected":1,"usual":1,"look":{"other":1}}`}},
		{"protect-tasks", ProtectTasksAction, []string{`{}`, `{"tasks":[` + task + `]}`, `{"tasks":[],"protected":true}`, `{"all":true,"protected":true}`,
			`{"all":true,"tasks":[` + task + `],"protected":false}`, `{"tasks":[` + task + `,` + task + `],"protected":true}`, `{"tasks":[` + task + `],"protected":true,"minutes":2881}`}},
		{"stop-tasks", StopTasksAction, []string{`{}`, `{"tasks":[` + task + `],"before":1,"keep":1}`, `{"tasks":[` + task + `],"before":0,"keep":1,"scaledOutAt":"2026-11-22T20:04:05.123Z"}`,
			`{"tasks":[` + task + `],"before":1,"keep":0,"scaledOutAt":"2026-11-22T20:04:05.123Z"}`, `{"tasks":[],"before":1,"keep":1,"scaledOutAt":"2026-11-22T20:04:05.123Z"}`}},
	}
	for _, row := range rows {
		t.Run(row.action, func(t *testing.T) {
			handle, err := row.build(t.Context(), testEnv(allSettings))
			if err != nil {
				t.Fatal(err)
			}
			for _, payload := range row.bad {
				_, err := handle(t.Context(), []byte(payload))
				var named messages.InvokeResponse_Error
				if !errors.As(err, &named) || named.Type != string(fault.InvalidInput) {
					t.Errorf("%s: %v", payload, err)
				}
			}
			if _, err := row.build(t.Context(), testEnv(nil)); err == nil || !strings.Contains(err.Error(), "not set") {
				t.Errorf("built without settings: %v", err)
			}
		})
	}
}
