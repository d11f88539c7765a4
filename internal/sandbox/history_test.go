package sandbox

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

// TestANestedExecutionIsSubmitted: once it has begun, as Step Functions writes it, and its parent's history says which one
// it is.
func TestANestedExecutionIsSubmitted(t *testing.T) {
	account := newTrial(t, func(o *Options) { o.Bubble, o.Clock = false, nil }).account
	const parent, child = "dbops-staging-update-regions", "dbops-staging-restart-services"
	machine, err := asl.Parse(parent, []byte(`{"QueryLanguage": "JSONata", "StartAt": "Restart", "States": {"Restart": {"Type": "Task", "End": true,
		"Resource": "arn:aws:states:::states:startExecution.sync:2", "Arguments": {"StateMachineArn": "`+machineARN(child)+`", "Input": {"unknown": 1}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	account.machines[parent] = machine
	e, err := account.StartExecution(parent, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	e.Wait()
	history, err := sfn.NewFromConfig(account.config("operator")).GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{ExecutionArn: &e.ARN})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	var nested struct {
		ExecutionArn string
		StartDate    int64 // milliseconds
	}
	for _, event := range history.Events {
		kinds = append(kinds, string(event.Type))
		if d := event.TaskSubmittedEventDetails; d != nil {
			if err := json.Unmarshal([]byte(aws.ToString(d.Output)), &nested); err != nil || aws.ToString(d.Resource) != "startExecution.sync:2" || aws.ToString(d.ResourceType) != "states" {
				t.Errorf("submitted %+v (%v)", *d, err)
			}
		}
	}
	if got, want := strings.Join(kinds, " "), "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted TaskFailed ExecutionFailed"; got != want {
		t.Errorf("history %s, want %s", got, want)
	}
	begun, err := account.Execution(nested.ExecutionArn)
	if err != nil || begun.Machine != child || begun.Started.UnixMilli() != nested.StartDate {
		t.Errorf("submitted %+v: %+v, %v", nested, begun, err)
	}
}
