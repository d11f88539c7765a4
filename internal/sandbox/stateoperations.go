package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// stateOperations serve Step Functions' API.
func (a *Account) stateOperations() operations {
	return operations{
		"StartExecution":       operation(a.apiStart),
		"StopExecution":        operation(a.apiStop),
		"DescribeExecution":    operation(a.apiDescribe),
		"ListExecutions":       operation(a.apiList),
		"GetExecutionHistory":  operation(a.apiHistory),
		"ListStateMachines":    operation(a.apiListMachines),
		"DescribeStateMachine": operation(a.apiDescribeMachine),
		"SendTaskSuccess":      operation(a.apiTaskSuccess),
		"SendTaskFailure":      operation(a.apiTaskFailure),
		"SendTaskHeartbeat":    operation(a.apiTaskHeartbeat),
	}
}

// seconds is how the JSON protocols write a time.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

type object map[string]any

func (a *Account) apiStart(_ *http.Request, in struct{ StateMachineArn, Name, Input string }) (object, error) {
	e, err := a.StartExecution(in.StateMachineArn, in.Name, []byte(in.Input))
	if err != nil {
		return nil, err
	}
	return object{"executionArn": e.ARN, "startDate": seconds(e.Started)}, nil
}

func (a *Account) apiStop(_ *http.Request, in struct{ ExecutionArn, Error, Cause string }) (object, error) {
	e, err := a.Execution(in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	e.Stop(in.Error, in.Cause)
	return object{"stopDate": seconds(a.Now())}, nil
}

func (a *Account) apiDescribe(_ *http.Request, in struct{ ExecutionArn string }) (object, error) {
	e, err := a.Execution(in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	return e.describe(), nil
}

func (e *Execution) describe() object {
	answer := object{
		"executionArn": e.ARN, "stateMachineArn": machineARN(e.Machine), "name": e.Name, "status": e.Status(),
		"startDate": seconds(e.Started), "input": string(e.Input), "inputDetails": object{"included": true},
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.result == nil {
		return answer
	}
	answer["stopDate"] = seconds(e.stopped)
	if e.result.Status == asl.Succeeded {
		answer["output"], answer["outputDetails"] = string(e.result.Output), object{"included": true}
		return answer
	}
	answer["error"], answer["cause"] = e.result.Error, e.result.Cause
	return answer
}

func (a *Account) apiList(_ *http.Request, in struct{ StateMachineArn, StatusFilter string }) (object, error) {
	found := []object{}
	for _, e := range slices.Backward(a.Executions()) {
		status := e.Status()
		if machineARN(e.Machine) != in.StateMachineArn || in.StatusFilter != "" && in.StatusFilter != status {
			continue
		}
		found = append(found, object{"executionArn": e.ARN, "stateMachineArn": machineARN(e.Machine), "name": e.Name, "status": status, "startDate": seconds(e.Started)})
	}
	return object{"executions": found}, nil
}

func (a *Account) apiListMachines(*http.Request, struct{}) (object, error) {
	found := []object{}
	for name := range a.machines {
		found = append(found, object{"stateMachineArn": machineARN(name), "name": name, "type": "STANDARD", "creationDate": 0})
	}
	slices.SortFunc(found, func(x, y object) int { return compareText(x["name"], y["name"]) })
	return object{"stateMachines": found}, nil
}

func compareText(x, y any) int {
	return slices.Compare([]byte(x.(string)), []byte(y.(string)))
}

func (a *Account) apiDescribeMachine(_ *http.Request, in struct{ StateMachineArn string }) (object, error) {
	for _, e := range a.Environments {
		for _, name := range statemachines.Names() {
			if machineARN(e.Prefix()+name) == in.StateMachineArn {
				text, err := statemachines.Text(name)
				return object{"stateMachineArn": in.StateMachineArn, "name": e.Prefix() + name, "status": "ACTIVE", "definition": string(text),
					"roleArn": "arn:aws:iam::" + AccountID + ":role/dbops", "type": "STANDARD", "creationDate": 0}, err
			}
		}
	}
	return nil, &apiError{Code: "StateMachineDoesNotExist", Message: "State Machine Does Not Exist: '" + in.StateMachineArn + "'"}
}

// historyPage is how many events one answer holds.
const historyPage = 1000

func (a *Account) apiHistory(_ *http.Request, in struct {
	ExecutionArn, NextToken string
	ReverseOrder            bool
}) (object, error) {
	e, err := a.Execution(in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	events := e.Events()
	if in.ReverseOrder {
		slices.Reverse(events)
	}
	from := 0
	if in.NextToken != "" {
		if _, err := fmt.Sscanf(in.NextToken, "from-%d", &from); err != nil || from > len(events) {
			return nil, &apiError{Code: "InvalidToken", Message: "Invalid Token: '" + in.NextToken + "'"}
		}
	}
	page := events[from:min(from+historyPage, len(events))]
	answer := object{"events": historyEvents(page)}
	if from+len(page) < len(events) {
		answer["nextToken"] = fmt.Sprintf("from-%d", from+len(page))
	}
	return answer, nil
}

func (a *Account) apiTaskSuccess(_ *http.Request, in struct{ TaskToken, Output string }) (object, error) {
	return object{}, a.token(func(i *asl.Interpreter) error { return i.SendTaskSuccess(in.TaskToken, json.RawMessage(in.Output)) })
}

func (a *Account) apiTaskFailure(_ *http.Request, in struct{ TaskToken, Error, Cause string }) (object, error) {
	return object{}, a.token(func(i *asl.Interpreter) error { return i.SendTaskFailure(in.TaskToken, in.Error, in.Cause) })
}

func (a *Account) apiTaskHeartbeat(_ *http.Request, in struct{ TaskToken string }) (object, error) {
	return object{}, a.token(func(i *asl.Interpreter) error { return i.SendTaskHeartbeat(in.TaskToken) })
}

// token finds the execution whose task holds a token.
func (a *Account) token(send func(*asl.Interpreter) error) error {
	for _, e := range a.Executions() {
		switch err := send(e.interpreter); {
		case err == nil:
			return nil
		case errors.Is(err, asl.ErrTaskTimedOut):
			return &apiError{Code: "TaskTimedOut", Message: "Task Timed Out: 'Provided task does not exist anymore'"}
		case errors.Is(err, asl.ErrInvalidOutput):
			return &apiError{Code: "InvalidOutput", Message: err.Error()}
		}
	}
	return &apiError{Code: "InvalidToken", Message: "Invalid Token: 'Invalid token'"}
}
