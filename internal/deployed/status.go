package deployed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
)

// Status is what goes on in an environment.
type Status struct {
	Running []Running
	Ended   []Ended // the last execution of each machine that has ended
	Lock    Lock
}

// Running is an execution that runs.
type Running struct {
	Machine, Name string
	Started       time.Time
	State         string // the one that it entered last; empty while it is in none
}

// Ended is an execution that has ended.
type Ended struct {
	Machine, Name, Status string
	At                    time.Time
}

// Lock is who holds the environment's lock.
type Lock struct {
	journal.WatchLockOutput
	// Execution is the status of the owner's execution, empty if the owner is none that is known.
	Execution string
}

type seesExecutions interface {
	readsHistory
	describesExecutions
	ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error)
}

// Look sees what runs in the environment and who holds its lock.
func Look(ctx context.Context, client seesExecutions, store *journal.Store, e Environment) (s Status, err error) {
	for _, m := range machines {
		running, err := list(ctx, client, e, m, types.ExecutionStatusRunning)
		if err != nil {
			return s, err
		}
		for _, x := range running {
			state, err := lastState(ctx, client, aws.ToString(x.ExecutionArn))
			if err != nil {
				return s, err
			}
			s.Running = append(s.Running, Running{m, aws.ToString(x.Name), aws.ToTime(x.StartDate), state})
		}
		ended, err := lastEnded(ctx, client, e, m)
		if err != nil {
			return s, err
		}
		s.Ended = append(s.Ended, ended...)
	}
	s.Lock, err = lock(ctx, client, store)
	return s, err
}

// list returns all executions with a status, the newest first.
func list(ctx context.Context, client seesExecutions, e Environment, machine string, status types.ExecutionStatus) (found []types.ExecutionListItem, err error) {
	pages := sfn.NewListExecutionsPaginator(client, &sfn.ListExecutionsInput{StateMachineArn: aws.String(e.Machines[machine]), StatusFilter: status})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list executions of %s in %s: %w", machine, e.Name, err)
		}
		found = append(found, page.Executions...)
	}
	return found, nil
}

// recent is how far back the last execution that has ended is looked for.
const recent = 20

func lastEnded(ctx context.Context, client seesExecutions, e Environment, machine string) ([]Ended, error) {
	page, err := client.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: aws.String(e.Machines[machine]), MaxResults: recent})
	if err != nil {
		return nil, fmt.Errorf("list executions of %s in %s: %w", machine, e.Name, err)
	}
	for _, x := range page.Executions {
		if x.Status != types.ExecutionStatusRunning {
			at := aws.ToTime(x.StopDate)
			if at.IsZero() {
				at = aws.ToTime(x.StartDate)
			}
			return []Ended{{machine, aws.ToString(x.Name), string(x.Status), at}}, nil
		}
	}
	return nil, nil
}

// lastEvents is how many events are looked through for the last state: a state has fewer of its own.
const lastEvents = 50

func lastState(ctx context.Context, client readsHistory, arn string) (string, error) {
	out, err := client.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{
		ExecutionArn: &arn, ReverseOrder: true, MaxResults: lastEvents, IncludeExecutionData: aws.Bool(false),
	})
	if err != nil {
		return "", fmt.Errorf("read the history of %s: %w", arn, err)
	}
	for _, event := range out.Events {
		if event.StateEnteredEventDetails != nil {
			return aws.ToString(event.StateEnteredEventDetails.Name), nil
		}
	}
	return "", nil
}

func lock(ctx context.Context, client describesExecutions, store *journal.Store) (l Lock, err error) {
	if l.WatchLockOutput, err = (journal.WatchLock{Store: store}).Run(ctx, journal.WatchLockInput{}); err != nil || !l.Held {
		return l, err
	}
	out, err := client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &l.Owner})
	var missing *types.ExecutionDoesNotExist
	var notARN *types.InvalidArn // a person may hold the lock
	switch {
	case errors.As(err, &missing), errors.As(err, &notARN):
		return l, nil
	case err != nil:
		return l, fmt.Errorf("see whether %s, which holds the lock, is at work: %w", l.Owner, err)
	}
	l.Execution = string(out.Status)
	return l, nil
}

// Tell says it in lines.
func (s Status) Tell() []string {
	var told []string
	for _, r := range s.Running {
		at := ""
		if r.State != "" {
			at = ", in " + r.State
		}
		told = append(told, fmt.Sprintf("%s runs: %s, since %s%s", r.Machine, r.Name, clock(r.Started), at))
	}
	if told == nil {
		told = []string{"nothing runs"}
	}
	for _, e := range s.Ended {
		told = append(told, fmt.Sprintf("%s ended last: %s %s, %s", e.Machine, e.Name, e.Status, clock(e.At)))
	}
	return append(told, s.Lock.tell())
}

func (l Lock) tell() string {
	if !l.Held {
		return "the lock is free"
	}
	text := fmt.Sprintf("the lock is held by run %s for %s", l.Run, time.Duration(l.AgeSeconds)*time.Second)
	switch l.Execution {
	case string(types.ExecutionStatusRunning):
		return text + "; its execution is at work"
	case "":
		return text + "; its owner is " + l.Owner
	}
	return text + "; its execution is over (" + l.Execution + "): see dbops left " + l.Run
}

// clock is a moment in the operator's own zone.
func clock(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }
