package stack

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// parameter is the name under which a value is found, without knowing the stack.
func (e environment) parameter(name string) string {
	return "/dbops/" + strings.ToLower(e.Name) + "/" + name
}

// newOutputs writes what the dbops command and people need to find the environment, as parameters and as outputs.
func newOutputs(scope constructs.Construct, e environment) {
	values := map[string]string{
		"state-bucket":         e.StateBucket(),
		"function-prefix":      e.Prefix(),
		"topics/notifications": e.topicARN(notifications),
		"topics/pages":         e.topicARN(pages),
		"dashboard":            "https://" + e.Region + ".console.aws.amazon.com/cloudwatch/home?region=" + e.Region + "#dashboards:name=" + e.dashboard(),
	}
	for _, m := range statemachines.Names() {
		values["machines/"+m] = e.machineARN(m)
	}
	outputs := constructs.NewConstruct(scope, jsii.String("Outputs"))
	for name, value := range values {
		awsssm.NewStringParameter(outputs, jsii.String("Parameter "+name), &awsssm.StringParameterProps{
			ParameterName: jsii.String(e.parameter(name)), StringValue: jsii.String(value),
		})
		awscdk.NewCfnOutput(outputs, jsii.String(name), &awscdk.CfnOutputProps{Value: jsii.String(value)}).
			OverrideLogicalId(jsii.String(strings.ReplaceAll(statemachines.Placeholder(strings.ReplaceAll(name, "/", "-")), "/", "")))
	}
}
