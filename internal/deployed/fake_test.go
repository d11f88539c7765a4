package deployed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"
)

// asListed begins the commands that the functions list.
const asListed = "aws lambda invoke --profile district-builder --region us-east-1 "

const (
	prefixARN   = "arn:aws:states:us-east-1:111122223333:"
	updateARN   = prefixARN + "execution:dbops-staging-update-regions:update-1"
	restartARN  = prefixARN + "execution:dbops-staging-restart-services:update-1-restart"
	aloneARN    = prefixARN + "execution:dbops-staging-restart-services:restart-1"
	stagingRole = "dbops-staging-"
)

func staging() Environment {
	return Environment{Name: "staging", FunctionPrefix: stagingRole, StateBucket: "state", Machines: map[string]string{
		UpdateRegions: prefixARN + "stateMachine:dbops-staging-update-regions", RestartServices: prefixARN + "stateMachine:dbops-staging-restart-services",
	}}
}

var begin = time.Date(2026, 11, 22, 20, 4, 5, 0, time.UTC)

// states is Step Functions with executions whose histories grow as time passes.
type states struct {
	now       time.Time
	histories map[string][]types.HistoryEvent // by ARN
	statuses  map[string]types.ExecutionStatus
	offset    map[string]int    // minutes
	page      int               // events on a page
	calls     int               // of GetExecutionHistory
	fail      map[int]error     // what a call is answered instead, by its number from 1
	tokens    map[string]int    // where the page that a token is for begins
	inputs    map[string]string // of StartExecution, by name
	refuses   error             // StartExecution
}

func newStates() *states {
	return &states{now: begin, histories: map[string][]types.HistoryEvent{}, statuses: map[string]types.ExecutionStatus{}, offset: map[string]int{}, page: 3,
		fail: map[int]error{}, tokens: map[string]int{}, inputs: map[string]string{}}
}

// refusal is an error as the SDK returns it.
func refusal(err error) error {
	return fmt.Errorf("wrapped: %w", &smithy.OperationError{ServiceID: "SFN", OperationName: "GetExecutionHistory", Err: err})
}

func throttled() error {
	return refusal(&smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded"})
}

// happens appends an event to a history, a minute after the one before it and what offset adds.
func (s *states) happens(arn string, kind types.HistoryEventType, change func(*types.HistoryEvent)) {
	events := s.histories[arn]
	e := types.HistoryEvent{Id: int64(len(events) + 1), PreviousEventId: int64(len(events)), Type: kind, Timestamp: aws.Time(begin.Add(time.Duration(s.offset[arn]+len(events)) * time.Minute))}
	if change != nil {
		change(&e)
	}
	s.histories[arn] = append(events, e)
}

func (s *states) begins(arn, input string) {
	s.happens(arn, types.HistoryEventTypeExecutionStarted, func(e *types.HistoryEvent) {
		e.ExecutionStartedEventDetails = &types.ExecutionStartedEventDetails{Input: &input}
	})
}

func (s *states) enters(arn, state string) {
	s.happens(arn, types.HistoryEventTypeTaskStateEntered, func(e *types.HistoryEvent) {
		e.StateEnteredEventDetails = &types.StateEnteredEventDetails{Name: &state}
	})
}

func (s *states) exits(arn, state, output string) {
	s.happens(arn, types.HistoryEventTypeTaskStateExited, func(e *types.HistoryEvent) {
		e.StateExitedEventDetails = &types.StateExitedEventDetails{Name: &state, Output: &output}
	})
}

func (s *states) fails(arn, name, cause string) {
	s.happens(arn, types.HistoryEventTypeTaskFailed, func(e *types.HistoryEvent) {
		e.TaskFailedEventDetails = &types.TaskFailedEventDetails{Error: &name, Cause: &cause}
	})
}

func (s *states) submits(arn, child string) {
	s.happens(arn, types.HistoryEventTypeTaskSubmitted, func(e *types.HistoryEvent) {
		e.TaskSubmittedEventDetails = &types.TaskSubmittedEventDetails{Output: aws.String(`{"ExecutionArn":"` + child + `","StartDate":1795392352289}`)}
	})
}

func (s *states) succeeds(arn, output string) {
	s.happens(arn, types.HistoryEventTypeExecutionSucceeded, func(e *types.HistoryEvent) {
		e.ExecutionSucceededEventDetails = &types.ExecutionSucceededEventDetails{Output: &output}
	})
}

// visible are the events that have happened by now.
func (s *states) visible(arn string) []types.HistoryEvent {
	events := s.histories[arn]
	n := slices.IndexFunc(events, func(e types.HistoryEvent) bool { return e.Timestamp.After(s.now) })
	if n < 0 {
		n = len(events)
	}
	return events[:n]
}

func (s *states) GetExecutionHistory(_ context.Context, in *sfn.GetExecutionHistoryInput, _ ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error) {
	s.calls++
	var expired *types.InvalidToken
	if err, planned := s.fail[s.calls]; planned && (in.NextToken != nil || !errors.As(err, &expired)) {
		return nil, err
	}
	if _, known := s.histories[*in.ExecutionArn]; !known {
		return nil, refusal(&types.ExecutionDoesNotExist{})
	}
	events := slices.Clone(s.visible(*in.ExecutionArn))
	if in.ReverseOrder {
		slices.Reverse(events)
	}
	from := 0
	if in.NextToken != nil {
		var known bool
		if from, known = s.tokens[*in.NextToken]; !known {
			return nil, refusal(&types.InvalidToken{})
		}
	}
	out := &sfn.GetExecutionHistoryOutput{Events: events[from:min(len(events), from+s.page)]}
	if from+s.page < len(events) {
		token := *in.ExecutionArn + strconv.Itoa(from+s.page)
		s.tokens[token] = from + s.page
		out.NextToken = &token
	}
	return out, nil
}

func (s *states) DescribeExecution(_ context.Context, in *sfn.DescribeExecutionInput, _ ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error) {
	status, known := s.statuses[*in.ExecutionArn]
	if !known {
		return nil, refusal(&types.ExecutionDoesNotExist{})
	}
	return &sfn.DescribeExecutionOutput{ExecutionArn: in.ExecutionArn, Status: status}, nil
}

func (s *states) ListExecutions(_ context.Context, in *sfn.ListExecutionsInput, _ ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error) {
	out := &sfn.ListExecutionsOutput{}
	for arn, status := range s.statuses {
		if executionARN(*in.StateMachineArn, nameOf(arn)) == arn && (in.StatusFilter == "" || in.StatusFilter == status) {
			out.Executions = append(out.Executions, types.ExecutionListItem{ExecutionArn: &arn, Name: aws.String(nameOf(arn)), Status: status, StartDate: &begin})
		}
	}
	return out, nil
}

func (s *states) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	if s.refuses != nil {
		return nil, s.refuses
	}
	if there, taken := s.inputs[*in.Name]; taken && there != *in.Input {
		return nil, refusal(&types.ExecutionAlreadyExists{})
	}
	s.inputs[*in.Name] = *in.Input
	return &sfn.StartExecutionOutput{ExecutionArn: aws.String(executionARN(*in.StateMachineArn, *in.Name))}, nil
}

// follower follows in s: each wait lets a minute pass.
func (s *states) follower(shown *[]Line) Follower {
	return Follower{
		Executions: s, Now: func() time.Time { return s.now }, Every: time.Minute,
		Show: func(l Line) { *shown = append(*shown, l) },
		Wait: func(ctx context.Context, d time.Duration) error {
			s.now = s.now.Add(d)
			return ctx.Err()
		},
	}
}
