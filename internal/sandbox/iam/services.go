package iam

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// logsRequests name a group as Logs checks it, with an empty stream behind it: a policy that gives the group's ARN
// without ":*" does not fit.
func logsRequests(c call) ([]Request, error) {
	var in struct {
		Name       string `json:"logGroupName"`
		Identifier string `json:"logGroupIdentifier"`
		Stream     string `json:"logStreamName"`
	}
	action, err := c.bind(&in)
	if err != nil {
		return nil, err
	}
	group := strings.TrimSuffix(c.orARN("logs", "log-group:", cmp.Or(in.Name, in.Identifier)), ":*")
	if group == "" {
		return nil, errors.New("the log group of " + action + " is missing")
	}
	switch action {
	case "FilterLogEvents", "DescribeLogStreams":
		return on("logs:"+action, group+":log-stream:"), nil
	case "GetLogEvents":
		return on("logs:"+action, group+":log-stream:"+in.Stream), nil
	}
	return nil, unknown(action)
}

// monitoringRequests are those of CloudWatch. Alarms that are not named are looked for among all.
func monitoringRequests(c call) ([]Request, error) {
	var in struct {
		AlarmNames []string `json:"AlarmNames"`
	}
	action, err := c.bind(&in)
	if err != nil {
		return nil, err
	}
	switch action {
	case "DescribeAlarms":
		if len(in.AlarmNames) == 0 {
			in.AlarmNames = []string{"*"}
		}
		var arns []string
		for _, name := range in.AlarmNames {
			arns = append(arns, c.arn("cloudwatch", "alarm:"+name))
		}
		return on("cloudwatch:DescribeAlarms", arns...), nil
	case "GetMetricData", "GetMetricStatistics", "ListMetrics", "PutMetricData":
		return on("cloudwatch:"+action, "*"), nil
	}
	return nil, unknown(action)
}

// someSecretID stands for the characters that Secrets Manager adds to a secret's name.
const someSecretID = "-AbCdEf"

func secretsRequests(c call) ([]Request, error) {
	var in struct {
		SecretID string `json:"SecretId"`
	}
	action, err := c.bind(&in)
	if err != nil {
		return nil, err
	}
	if action != "GetSecretValue" {
		return nil, unknown(action)
	}
	arn := in.SecretID
	if arn != "" && !strings.HasPrefix(arn, "arn:") {
		arn = c.arn("secretsmanager", "secret:"+arn+someSecretID)
	}
	return on("secretsmanager:GetSecretValue", arn), nil
}

// statesRequests: a machine's actions need the machine, an execution's the execution.
// An answer to a task token needs the machine that waits.
func statesRequests(c call) ([]Request, error) {
	var in struct {
		StateMachineARN string `json:"stateMachineArn"`
		ExecutionARN    string `json:"executionArn"`
		TaskToken       string `json:"taskToken"`
	}
	action, err := c.bind(&in)
	if err != nil {
		return nil, err
	}
	switch action {
	case "StartExecution", "DescribeStateMachine", "ListExecutions":
		return on("states:"+action, in.StateMachineARN), nil
	case "DescribeExecution", "GetExecutionHistory", "StopExecution", "RedriveExecution", "DescribeStateMachineForExecution":
		return on("states:"+action, in.ExecutionARN), nil
	case "SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat":
		machine := ""
		if c.MachineOf != nil {
			machine = c.MachineOf(in.TaskToken)
		}
		return on("states:"+action, machine), nil
	case "ListStateMachines":
		return on("states:"+action, "*"), nil
	}
	return nil, unknown(action)
}

func snsRequests(c call) ([]Request, error) {
	var in struct {
		TopicARN  string `json:"TopicArn"`
		TargetARN string `json:"TargetArn"`
	}
	action, err := c.bind(&in)
	if err != nil {
		return nil, err
	}
	if action != "Publish" {
		return nil, unknown(action)
	}
	return on("sns:Publish", cmp.Or(in.TopicARN, in.TargetARN)), nil
}

// stsRequests: who calls may always know who it is.
func stsRequests(c call) ([]Request, error) {
	action, err := c.bind(&struct{}{})
	if err == nil && action != "GetCallerIdentity" {
		err = unknown(action)
	}
	return nil, err
}

// lambdaRequests knows Invoke. A qualifier is part of the resource: a policy for the bare function does not fit an alias.
func lambdaRequests(c call) ([]Request, error) {
	parts := strings.Split(strings.Trim(c.http.URL.EscapedPath(), "/"), "/")
	if c.http.Method != http.MethodPost || len(parts) != 4 || parts[0] != "2015-03-31" || parts[1] != "functions" || parts[3] != "invocations" {
		return nil, unknown(c.http.Method + " " + c.http.URL.Path)
	}
	name, err := url.PathUnescape(parts[2])
	if err != nil {
		return nil, err
	}
	return on("lambda:InvokeFunction", c.functionARN(name, c.http.URL.Query().Get("Qualifier"))), nil
}

// functionARN reads a function's name as Lambda does: <name>, <account>:function:<name> or an ARN, each with or without
// ":<alias or version>".
func (a Account) functionARN(name, qualifier string) string {
	if strings.HasPrefix(name, a.ID+":function:") {
		name = strings.TrimPrefix(name, a.ID+":function:")
	}
	arn := a.orARN("lambda", "function:", name)
	if qualifier != "" && !strings.HasSuffix(arn, ":"+qualifier) {
		arn += ":" + qualifier
	}
	return arn
}
