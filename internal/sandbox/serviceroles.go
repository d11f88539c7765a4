package sandbox

import (
	"context"
	"fmt"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/template"
)

// What Lambda and Step Functions do themselves with the roles that they are given: some of it when a function or a
// machine is deployed, which then is refused, some of it at each run, where a refusal goes unsaid and logs or traces are lost.

func arnOf(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, AWSRegion, AccountID, resource)
}

// each makes a request of every action.
func each(resource string, actions ...string) (requests []iam.Request) {
	for _, action := range actions {
		requests = append(requests, iam.Request{Action: action, Resource: resource})
	}
	return requests
}

// service is the role of a function in the hands of Lambda: its requests come from no code.
func (f *Function) service(a *Account) principal {
	who := a.iam.principals[accessKey(f.Name)]
	who.function = ""
	return who
}

// placesInVPC are the requests by which Lambda sees whether it can connect a function with a VPC.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
func placesInVPC() []iam.Request {
	interfaces := each(arnOf("ec2", "network-interface/*"), "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
		"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses")
	interfaces = append(interfaces, each(arnOf("ec2", "subnet/subnet-1"), "ec2:CreateNetworkInterface")...)
	return append(interfaces, each("*", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets")...)
}

// mayBePlaced refuses a function as CreateFunction does.
func (a *Account) mayBePlaced(f *Function) error {
	if !f.deployed.InVPC {
		return nil
	}
	if refused := a.iam.decide(f.service(a), placesInVPC()...); refused != nil {
		return fmt.Errorf("InvalidParameterValueException: The provided execution role does not have permissions to call %s on EC2 (AccessDenied)", refused.Request.Action)
	}
	return nil
}

// logs writes a function's log and trace, if its role lets Lambda do so.
func (a *Account) logs(f *Function) (kept bool) {
	who := f.service(a)
	_ = a.iam.decide(who, each("*", "xray:PutTraceSegments", "xray:PutTelemetryRecords")...)
	stream := arnOf("logs", "log-group:/aws/lambda/"+f.Name+":log-stream:2026/11/22/[1]0")
	return a.iam.decide(who, each(stream, "logs:CreateLogStream", "logs:PutLogEvents")...) == nil
}

// mayBeMade refuses a machine as CreateStateMachine does: its role must let Step Functions deliver logs, and hear of
// the executions that it starts and waits for.
// https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html#sync-async-iam-policies
func (a *Account) mayBeMade(m template.Machine) error {
	who := a.iam.principals[m.Name]
	if m.Logs {
		deliver := each("*", "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
			"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups")
		if a.iam.decide(who, deliver...) != nil {
			return fmt.Errorf("AccessDeniedException: The state machine IAM Role is not authorized to access the Log Destination")
		}
	}
	if m.WaitsForMachines() {
		rule := arnOf("events", "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule")
		if a.iam.decide(who, each(rule, "events:PutTargets", "events:PutRule", "events:DescribeRule")...) != nil {
			return fmt.Errorf("AccessDeniedException: '%s' is not authorized to create managed-rule", who.role.ARN)
		}
	}
	return nil
}

// traces lets Step Functions write a trace.
func (a *Account) traces(machine string) {
	_ = a.iam.decide(a.iam.principals[machine], each("*", "xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets")...)
}

// await waits for a nested execution and looks at it, or stops it when nobody waits for it any more: both with the role
// of the machine that started it.
func (a *Account) await(ctx context.Context, machine string, child *Execution) error {
	who := a.iam.principals[machine]
	select {
	case <-child.done:
		if refused := a.iam.decide(who, iam.Request{Action: "states:DescribeExecution", Resource: child.ARN}); refused != nil {
			return denied("StepFunctions.AWSStepFunctionsException", refused)
		}
		return nil
	case <-ctx.Done():
		if a.iam.decide(who, iam.Request{Action: "states:StopExecution", Resource: child.ARN}) == nil {
			child.Stop("", "the parent execution no longer waits") // best effort, as the service's
		}
		return ctx.Err()
	}
}
