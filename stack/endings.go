package stack

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// ending is a way in which executions end without success, and who hears of it.
type ending struct {
	name, topic string
	// detail is what the event's detail must hold, beside one of the machines.
	detail map[string]any
	// paths are the values that the message takes from the event, by name.
	paths   map[string]any
	message string
}

// endings of the environment. One that is cut off, or fails with an error that no state catches, has put nothing back:
// that wakes somebody. One that failed in a state of its own has cleaned up, or its alarm wakes somebody.
func (e environment) endings() []ending {
	return []ending{
		{"failed", notifications, map[string]any{"status": []any{"FAILED"}}, withCause, e.failedMessage()},
		{"uncaught", pages, map[string]any{"status": []any{"FAILED"}, "error": []any{map[string]any{"anything-but": ownErrors}}},
			withError, e.pageMessage("failed with <error>, which no state catches.")},
		{"cut-off", pages, map[string]any{"status": []any{"ABORTED", "TIMED_OUT"}}, always, e.pageMessage("ended as <status>.")},
	}
}

// ownErrors are the ends that the machines themselves choose.
var ownErrors = []any{"FailedClean", "FailedDirty"}

// newEndings tells people of executions that did not succeed.
func newEndings(scope constructs.Construct, e environment) {
	own := constructs.NewConstruct(scope, jsii.String("Endings"))
	var machines []any
	for _, m := range statemachines.Names() {
		machines = append(machines, e.machineARN(m))
	}
	for _, ending := range e.endings() {
		ending.detail["stateMachineArn"] = machines
		awsevents.NewCfnRule(own, jsii.String(ending.name), &awsevents.CfnRuleProps{
			Name:        jsii.String(e.named(ending.name)),
			Description: jsii.String(fmt.Sprintf("Executions of %s that ended without success: %s", e.Name, ending.name)),
			EventPattern: map[string]any{
				"source": []any{"aws.states"}, "detail-type": []any{"Step Functions Execution Status Change"}, "detail": ending.detail,
			},
			Targets: []any{&awsevents.CfnRule_TargetProperty{
				Id: jsii.String(ending.topic), Arn: jsii.String(e.topicARN(ending.topic)),
				InputTransformer: &awsevents.CfnRule_InputTransformerProperty{InputPathsMap: ending.paths, InputTemplate: jsii.String(ending.message)},
			}},
		})
	}
}
