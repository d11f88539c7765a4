package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
)

// Run performs a task of a state machine: it is the account's end of Step Functions' service integrations.
func (a *Account) Run(ctx context.Context, task asl.Task) (any, error) {
	a.pushTime()
	perform := func() (any, error) { return a.perform(ctx, task) }
	if a.options.Intercept != nil {
		return a.options.Intercept(ctx, task, perform)
	}
	return perform()
}

func (a *Account) perform(ctx context.Context, task asl.Task) (any, error) {
	switch task.Resource {
	case "arn:aws:states:::lambda:invoke", "arn:aws:states:::lambda:invoke.waitForTaskToken":
		return a.lambdaInvoke(task)
	case "arn:aws:states:::states:startExecution.sync:2":
		return a.startExecutionSync(ctx, task)
	case "arn:aws:states:::sns:publish", "arn:aws:states:::sns:publish.waitForTaskToken":
		return a.snsPublish(task)
	}
	return nil, &asl.Error{Name: "States.Runtime", Cause: "the sandbox does not perform " + task.Resource}
}

// arguments decodes a task's arguments, whose keys are in Pascal case.
func arguments(task asl.Task, v any) error {
	text, err := json.Marshal(task.Arguments)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		return &asl.Error{Name: "States.Runtime", Cause: fmt.Sprintf("arguments of %s: %v", task.State, err)}
	}
	return nil
}

func (a *Account) lambdaInvoke(task asl.Task) (any, error) {
	var in struct {
		FunctionName   string
		Payload        json.RawMessage
		InvocationType string
	}
	if err := arguments(task, &in); err != nil {
		return nil, err
	}
	if err := a.machineMay(task, "lambda:InvokeFunction", in.FunctionName, "Lambda.AWSLambdaException"); err != nil {
		return nil, err
	}
	f, ok := a.functionNamed(in.FunctionName)
	if !ok {
		return nil, &asl.Error{Name: "Lambda.ResourceNotFoundException", Cause: "Function not found: " + in.FunctionName}
	}
	if refused := f.asleep(a.clock.Now()); refused != nil {
		return nil, &asl.Error{Name: "Lambda." + refused.Code, Cause: refused.Message}
	}
	var answer []byte
	var err error
	a.outside.do(func() { answer, err = a.invoke(f, in.Payload) })
	var refused *apiError
	if errors.As(err, &refused) {
		return nil, &asl.Error{Name: "Lambda." + refused.Code, Cause: refused.Message}
	}
	if err != nil {
		text, _ := json.Marshal(errorPayload(err))
		return nil, &asl.Error{Name: errorPayload(err)["errorType"], Cause: string(text)}
	}
	var payload any
	if err := json.Unmarshal(answer, &payload); err != nil {
		return nil, fmt.Errorf("%s answered what is not JSON: %w", f.Name, err)
	}
	return map[string]any{"ExecutedVersion": "$LATEST", "Payload": payload, "StatusCode": http.StatusOK}, nil
}

// machineMay holds what a state machine's role permits against what the machine is about to do.
func (a *Account) machineMay(task asl.Task, action, resource, errorName string) error {
	if refused := a.iam.decide(a.iam.principals[machineOf(task)], iam.Request{Action: action, Resource: resource}); refused != nil {
		return denied(errorName, refused)
	}
	return nil
}

func machineOf(task asl.Task) string {
	parts := strings.Split(task.ExecutionID, ":")
	return parts[len(parts)-2]
}

// denied is how Step Functions tells that a service has refused its role:
// https://github.com/awslabs/aws-deployment-framework/issues/460
func denied(name string, refused *iam.Decision) error {
	service, status := "AWSLambda", http.StatusForbidden
	if strings.HasPrefix(name, "StepFunctions.") {
		service, status = "AWSStepFunctions", http.StatusBadRequest
	}
	return &asl.Error{Name: name, Cause: fmt.Sprintf("%s (Service: %s; Status Code: %d; Error Code: AccessDeniedException; Request ID: %s; Proxy: null)",
		refused.Message(), service, status, rand.Text())}
}

func (a *Account) startExecutionSync(ctx context.Context, task asl.Task) (any, error) {
	var in struct {
		StateMachineArn, Name string
		Input                 json.RawMessage
	}
	if err := arguments(task, &in); err != nil {
		return nil, err
	}
	if err := a.machineMay(task, "states:StartExecution", in.StateMachineArn, "StepFunctions.AWSStepFunctionsException"); err != nil {
		return nil, err
	}
	child, err := a.StartExecution(in.StateMachineArn, in.Name, in.Input)
	var refused *apiError
	if errors.As(err, &refused) {
		return nil, &asl.Error{Name: "StepFunctions." + refused.Code + "Exception", Cause: refused.Message}
	}
	if err != nil {
		return nil, err
	}
	// What StartExecution answers, times as describeToParent writes them: the event TaskSubmitted.
	task.Submitted(map[string]any{"ExecutionArn": child.ARN, "StartDate": child.Started.UnixMilli()})
	if err := a.await(ctx, machineOf(task), child); err != nil {
		return nil, err
	}
	return describeToParent(child)
}

// describeToParent is what .sync:2 gives the parent: DescribeExecution's answer in Pascal case, with Output and Input
// as JSON. A child that did not succeed is States.TaskFailed, with that answer as the cause.
func describeToParent(child *Execution) (any, error) {
	result := child.Result()
	answer := map[string]any{
		"ExecutionArn": child.ARN, "StateMachineArn": machineARN(child.Machine), "Name": child.Name, "Status": string(result.Status),
		"StartDate": child.Started.UnixMilli(), "StopDate": child.stopped.UnixMilli(), "Input": child.Input,
	}
	if result.Status == asl.Succeeded {
		answer["Output"] = result.Output
		return roundTrip(answer)
	}
	answer["Input"] = string(child.Input)
	answer["Error"], answer["Cause"] = result.Error, result.Cause
	text, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	return nil, &asl.Error{Name: "States.TaskFailed", Cause: string(text)}
}

// roundTrip makes plain JSON values of v.
func roundTrip(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var plain any
	err = json.Unmarshal(text, &plain)
	return plain, err
}

func (a *Account) snsPublish(task asl.Task) (any, error) {
	var in struct {
		TopicArn, Subject string
		Message           any
	}
	if err := arguments(task, &in); err != nil {
		return nil, err
	}
	text, isText := in.Message.(string)
	if !isText {
		encoded, err := json.Marshal(in.Message)
		if err != nil {
			return nil, err
		}
		text = string(encoded)
	}
	return map[string]any{"MessageId": a.topics.publish(Message{in.TopicArn, in.Subject, text})}, nil
}

// pushTime lets functions, which run outside the clock's bubble, see the state machines' time.
func (a *Account) pushTime() {
	now := a.clock.Now()
	for {
		seen := a.now.Load()
		if seen != nil && !now.After(*seen) || a.now.CompareAndSwap(seen, &now) {
			return
		}
	}
}

// Now is the account's time: that of a real or scaled clock, or of a bubble as its state machines last saw it.
func (a *Account) Now() time.Time {
	if !a.options.Bubble {
		return a.clock.Now()
	}
	return *a.now.Load()
}
