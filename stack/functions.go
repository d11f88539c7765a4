package stack

import (
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// alias is what callers of a function name. A deployment moves it to a new version, all at once.
const alias = "live"

// function is a deployed action.
type function struct {
	alias awslambda.Alias
	log   awslogs.LogGroup
}

// newFunctions makes a function of every action that the environment has, by the action's name.
func newFunctions(scope constructs.Construct, e environment) map[string]function {
	functions := constructs.NewConstruct(scope, jsii.String("Functions"))
	made := map[string]function{}
	for _, a := range e.actions() {
		made[a.name] = newFunction(functions, e, a)
	}
	return made
}

func newFunction(scope constructs.Construct, e environment, a action) function {
	own := constructs.NewConstruct(scope, jsii.String(a.name))
	log := newLog(own, e, e.logGroupOf(a.name))
	f := awslambda.NewFunction(own, jsii.String("Function"), &awslambda.FunctionProps{
		FunctionName:          jsii.String(e.named(a.name)),
		Description:           jsii.String(e.Name + ": " + a.description),
		Runtime:               awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:          awslambda.Architecture_ARM_64(),
		Handler:               jsii.String("bootstrap"),
		Code:                  awslambda.Code_FromAsset(jsii.String(filepath.Join(e.dist, a.name)), nil),
		MemorySize:            jsii.Number(a.memory),
		Timeout:               awscdk.Duration_Seconds(jsii.Number(a.timeout.Seconds())),
		Role:                  newRole(own, e.named(a.name), "lambda.amazonaws.com", a.calls(e), e.runtimeOf(a)),
		Environment:           pointers(e.variablesOf(a)),
		LogGroup:              log,
		LoggingFormat:         awslambda.LoggingFormat_JSON,
		ApplicationLogLevelV2: awslambda.ApplicationLogLevel_INFO,
		SystemLogLevelV2:      awslambda.SystemLogLevel_INFO,
		Tracing:               awslambda.Tracing_ACTIVE,
		// An old version stays, so that the alias can be put back by hand.
		CurrentVersionOptions: &awslambda.VersionOptions{RemovalPolicy: awscdk.RemovalPolicy_RETAIN},
	})
	refersToItsRole(f)
	if a.alone && !e.NoReservedConcurrency {
		f.Node().DefaultChild().(awslambda.CfnFunction).SetReservedConcurrentExecutions(jsii.Number(1))
	}
	if a.speaksSQL() {
		e.placeInVPC(f)
	}
	live := awslambda.NewAlias(own, jsii.String("Alias"), &awslambda.AliasProps{
		AliasName: jsii.String(alias), Version: f.CurrentVersion(),
	})
	return function{live, log}
}

// newLog makes a log group. It goes with the stack: it has a fixed name, and kept it would stop the next deployment.
func newLog(scope constructs.Construct, e environment, name string) awslogs.LogGroup {
	log := awslogs.NewLogGroup(scope, jsii.String("Log"), &awslogs.LogGroupProps{
		LogGroupName: jsii.String(name), RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	log.Node().DefaultChild().(awslogs.CfnLogGroup).SetRetentionInDays(jsii.Number(e.LogRetentionDays))
	return log
}

// runtimeOf is what Lambda itself does with the function's role.
func (e environment) runtimeOf(a action) []permission {
	runtime := []permission{
		{id: "RuntimeLog", actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"},
			resources: []string{e.arn("logs", "log-group:"+e.logGroupOf(a.name)+":*")}, wildcard: streamsOf},
		{id: "RuntimeTrace", actions: []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"}, resources: []string{"*"}, wildcard: tracing},
	}
	if a.speaksSQL() {
		runtime = append(runtime, e.networkOf(a.name)...)
	}
	if a.name == startUpdate {
		runtime = append(runtime, e.keepsDeadLetters())
	}
	return runtime
}

func pointers(values map[string]string) *map[string]*string {
	if len(values) == 0 {
		return nil
	}
	found := map[string]*string{}
	for name, value := range values {
		found[name] = jsii.String(value)
	}
	return &found
}
