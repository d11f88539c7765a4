package stack

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// newMachines makes every state machine from its file. The text stands in the template as it stands in the file;
// CloudFormation puts ARNs in for the placeholders.
// It returns their log groups, by name.
func newMachines(scope constructs.Construct, e environment, functions map[string]function) (map[string]awslogs.LogGroup, error) {
	machines := constructs.NewConstruct(scope, jsii.String("StateMachines"))
	logs := map[string]awslogs.LogGroup{}
	for _, name := range statemachines.Names() {
		log, err := newMachine(machines, e, name, functions)
		if err != nil {
			return nil, fmt.Errorf("state machine %s: %w", name, err)
		}
		logs[name] = log
	}
	return logs, nil
}

func newMachine(scope constructs.Construct, e environment, name string, functions map[string]function) (awslogs.LogGroup, error) {
	text, err := statemachines.Text(name)
	if err != nil {
		return nil, err
	}
	calls, err := callsOf(string(text), e)
	if err != nil {
		return nil, err
	}
	own := constructs.NewConstruct(scope, jsii.String(name))
	log := newLog(own, e, e.machineLogGroup(name))
	substitutions := map[string]*string{}
	for placeholder, action := range calls.actions {
		substitutions[placeholder] = functions[action].alias.FunctionArn()
	}
	for placeholder, machine := range calls.machines {
		substitutions[placeholder] = jsii.String(e.machineARN(machine))
	}
	machine := awsstepfunctions.NewStateMachine(own, jsii.String("Machine"), &awsstepfunctions.StateMachineProps{
		StateMachineName:        jsii.String(e.named(name)),
		DefinitionBody:          awsstepfunctions.DefinitionBody_FromString(jsii.String(string(text))),
		DefinitionSubstitutions: &substitutions,
		Role:                    newRole(own, e.named(name), "states.amazonaws.com", calls.permissions(e), machineRuntime()),
		Logs:                    &awsstepfunctions.LogOptions{Destination: log, Level: awsstepfunctions.LogLevel_ALL, IncludeExecutionData: jsii.Bool(true)},
		TracingEnabled:          jsii.Bool(true),
	})
	refersToItsRole(machine)
	return log, nil
}

// calls are the actions and the machines that a machine's text names, by placeholder.
type calls struct{ actions, machines map[string]string }

var placeholder = regexp.MustCompile(`\$\{([A-Za-z]+)\}`)

// callsOf finds what a machine calls in its text. A placeholder that stands for nothing in the environment is an error.
func callsOf(text string, e environment) (calls, error) {
	c := calls{map[string]string{}, map[string]string{}}
	known, machines := map[string]string{}, map[string]string{}
	for _, a := range e.actions() {
		known[statemachines.Placeholder(a.name)] = a.name
	}
	for _, m := range statemachines.Names() {
		machines[statemachines.Placeholder(m)] = m
	}
	for _, found := range placeholder.FindAllStringSubmatch(text, -1) {
		name := found[1]
		switch action, machine := known[name], machines[name]; {
		case action != "":
			c.actions[name] = action
		case machine != "":
			c.machines[name] = machine
		default:
			return c, fmt.Errorf("the placeholder ${%s} stands for no action and no machine of %s", name, e.Name)
		}
	}
	return c, nil
}

func (c calls) permissions(e environment) []permission {
	invoke := permission{id: "InvokeActions", actions: []string{"lambda:InvokeFunction"}}
	for _, a := range slices.Sorted(maps.Values(c.actions)) {
		invoke.resources = append(invoke.resources, e.functionARN(a)+":"+alias)
	}
	permissions := []permission{invoke}
	if len(c.machines) == 0 {
		return permissions
	}
	start := permission{id: "StartNested", actions: []string{"states:StartExecution"}}
	watch := permission{id: "WatchNested", actions: []string{"states:DescribeExecution", "states:StopExecution"}, wildcard: perExecution}
	for _, m := range slices.Sorted(maps.Values(c.machines)) {
		start.resources = append(start.resources, e.machineARN(m))
		watch.resources = append(watch.resources, e.executionARNs(m))
	}
	return append(permissions, start, watch, permission{
		id: "HearOfNested", actions: []string{"events:PutTargets", "events:PutRule", "events:DescribeRule"},
		resources: []string{e.arn("events", "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule")},
	})
}

// machineRuntime is what Step Functions itself does with a machine's role: log and trace.
func machineRuntime() []permission {
	return []permission{
		{id: "RuntimeLog", resources: []string{"*"}, wildcard: logDeliveries, actions: []string{
			"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
			"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"}},
		{id: "RuntimeTrace", resources: []string{"*"}, wildcard: tracing, actions: []string{
			"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"}},
	}
}
