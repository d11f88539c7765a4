package stack

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// newEndings tells people of executions that did not succeed. One that was aborted or timed out has put nothing back:
// Step Functions runs no Catch then, so that wakes somebody. One that failed has cleaned up or says what is left.
func newEndings(scope constructs.Construct, e environment) {
	endings := constructs.NewConstruct(scope, jsii.String("Endings"))
	newEnding(endings, e, "failed", notifications, []any{"FAILED"},
		"FailedClean: everything is as it was before. Read the cause, mend it, start again.",
		"FailedDirty: something is left, the page tells of it too. The cause lists what, with a command for each.")
	newEnding(endings, e, "cut-off", pages, []any{"ABORTED", "TIMED_OUT"},
		"It put nothing back. See what it left, with a command for each thing (a nested restart belongs to the run without -restart):",
		fmt.Sprintf(`aws lambda invoke --profile district-builder --region %s --function-name %s --cli-binary-format raw-in-base64-out --payload '{"run":"<name>","lock":true}' /dev/stdout`,
			e.Region, e.named("list-left")))
}

func newEnding(scope constructs.Construct, e environment, name, topic string, statuses []any, advice ...string) {
	var machines []any
	for _, m := range statemachines.Names() {
		machines = append(machines, e.machineARN(m))
	}
	awsevents.NewCfnRule(scope, jsii.String(name), &awsevents.CfnRuleProps{
		Name:        jsii.String(e.named(name)),
		Description: jsii.String(fmt.Sprintf("Executions of %s that ended as %v", e.Name, statuses)),
		EventPattern: map[string]any{
			"source": []any{"aws.states"}, "detail-type": []any{"Step Functions Execution Status Change"},
			"detail": map[string]any{"status": statuses, "stateMachineArn": machines},
		},
		Targets: []any{&awsevents.CfnRule_TargetProperty{
			Id: jsii.String(topic), Arn: jsii.String(e.topicARN(topic)),
			InputTransformer: &awsevents.CfnRule_InputTransformerProperty{
				InputPathsMap: map[string]any{
					"name": "$.detail.name", "status": "$.detail.status", "machine": "$.detail.stateMachineArn", "execution": "$.detail.executionArn",
				},
				InputTemplate: jsii.String(lines(append([]string{
					"DistrictBuilder " + e.Name + ": execution <name> ended as <status>.",
					"Machine: <machine>",
					e.consoleLink() + "<execution>",
				}, advice...))),
			},
		}},
	})
}

// lines makes a template of several lines: EventBridge wants each to be a JSON string, with < and > as they are.
func lines(texts []string) string {
	var template strings.Builder
	encode := json.NewEncoder(&template)
	encode.SetEscapeHTML(false)
	for _, text := range texts {
		if err := encode.Encode(text); err != nil {
			panic(err) // a string can be encoded
		}
	}
	return strings.TrimSuffix(template.String(), "\n")
}
