package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// newAccess makes the policies for people: one may start and watch, the other may approve and watch.
// Neither may stop an execution or call an action that changes something: that is an administrator's.
func newAccess(scope constructs.Construct, e environment) {
	access := constructs.NewConstruct(scope, jsii.String("Access"))
	var machines, executions, logs []string
	for _, m := range statemachines.Names() {
		machines, executions = append(machines, e.machineARN(m)), append(executions, e.executionARNs(m))
		logs = append(logs, e.arn("logs", "log-group:"+e.machineLogGroup(m)+":*"))
	}
	logs = append(logs, e.arn("logs", "log-group:/aws/lambda/"+e.Prefix()+"*"))
	watch := []permission{
		{id: "FindMachines", actions: []string{"states:ListStateMachines"}, resources: []string{"*"}, wildcard: noResource},
		{id: "FindSettings", actions: []string{"ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"},
			resources: []string{e.arn("ssm", "parameter"+e.parameter("*"))}, wildcard: "This environment's own parameters."},
		{id: "SeeMachines", actions: []string{"states:DescribeStateMachine", "states:ListExecutions"}, resources: machines},
		// The console's page of an execution shows the definition that it runs.
		{id: "SeeExecutions", actions: []string{"states:DescribeExecution", "states:DescribeStateMachineForExecution", "states:GetExecutionHistory"},
			resources: executions, wildcard: perExecution},
		{id: "ReadLogs", actions: []string{"logs:FilterLogEvents", "logs:GetLogEvents", "logs:DescribeLogStreams"}, resources: logs,
			wildcard: "The logs of this stack's own functions and machines."},
		{id: "ReadRuns", actions: []string{"s3:GetObject"}, resources: []string{e.stateObjects("*")}, wildcard: perRun},
		{id: "ListRuns", actions: []string{"s3:ListBucket"}, resources: []string{bucketARN(e.StateBucket())}},
		{id: "SeeWhatIsLeft", actions: []string{"lambda:InvokeFunction"}, resources: []string{e.functionARN("list-left"), e.functionARN("list-left") + ":" + alias}},
		{id: "SeeDashboard", actions: []string{"cloudwatch:GetDashboard"}, resources: []string{e.dashboardARN()}},
		{id: "SeeMetrics", actions: []string{"cloudwatch:GetMetricData"}, resources: []string{"*"}, wildcard: noResource},
		{id: "SeeAlarms", actions: []string{"cloudwatch:DescribeAlarms"}, resources: []string{e.arn("cloudwatch", "alarm:*")}, wildcard: allAlarms},
	}
	newPolicy(access, e, "operators", "Starts and watches the state machines", append([]permission{
		{id: "Start", actions: []string{"states:StartExecution"}, resources: machines},
	}, watch...))
	newPolicy(access, e, "approvers", "Approves or rejects what a state machine waits for, and watches", append([]permission{
		{id: "Approve", actions: []string{"states:SendTaskSuccess", "states:SendTaskFailure"}, resources: machines},
	}, watch...))
}

func newPolicy(scope constructs.Construct, e environment, name, description string, permissions []permission) {
	policy := awsiam.NewManagedPolicy(scope, jsii.String(name), &awsiam.ManagedPolicyProps{
		ManagedPolicyName: jsii.String(e.named(name)), Description: jsii.String(description), Document: document(permissions),
	})
	explainWildcards(policy, permissions)
}
