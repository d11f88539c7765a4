package deployed

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// Line is one thing to show of an execution's story.
type Line struct {
	At    time.Time
	Depth int // 1 for an execution that another one has started
	Text  string
}

// teller turns one execution's history into lines. It is fed every event once, in order.
type teller struct {
	arn     string
	depth   int
	run     string           // whose journal the execution writes
	states  map[int64]string // the state that an event belongs to
	entered map[string]bool
	shown   []string // the progress that was told last
	child   string   // ARN of an execution that the last event told of
	end     *End
	lines   []Line
}

func newTeller(arn string, depth int) *teller {
	return &teller{arn: arn, depth: depth, run: nameOf(arn), states: map[int64]string{}, entered: map[string]bool{}}
}

// tell takes the next event in. What it has to say is appended to lines.
func (t *teller) tell(e types.HistoryEvent) {
	t.child = ""
	t.states[e.Id] = t.states[e.PreviousEventId]
	switch {
	case e.ExecutionStartedEventDetails != nil:
		t.started(aws.ToString(e.ExecutionStartedEventDetails.Input))
	case e.StateEnteredEventDetails != nil:
		t.enter(e)
	case e.StateExitedEventDetails != nil:
		t.look(e)
	case e.TaskScheduledEventDetails != nil:
		t.scheduled(aws.ToString(e.TaskScheduledEventDetails.Parameters))
	case e.TaskSubmittedEventDetails != nil:
		t.submitted(aws.ToString(e.TaskSubmittedEventDetails.Output))
	default:
		if name, cause, failed := failure(e); failed {
			t.say(e, "! "+t.states[e.Id]+": "+brief(name, cause))
		}
	}
	t.end = endOf(e)
}

func (t *teller) say(e types.HistoryEvent, text string) {
	t.lines = append(t.lines, Line{At: aws.ToTime(e.Timestamp), Depth: t.depth, Text: text})
}

// started finds the run: that of the execution whose lock this one works under, else its own.
func (t *teller) started(input string) {
	var in struct{ Lock struct{ Run string } }
	if json.Unmarshal([]byte(input), &in) == nil && in.Lock.Run != "" {
		t.run = in.Lock.Run
	}
}

// enter tells a state once: one that is entered again, as in a loop or for the next region, is not repeated.
func (t *teller) enter(e types.HistoryEvent) {
	name := aws.ToString(e.StateEnteredEventDetails.Name)
	t.states[e.Id] = name
	if !t.entered[name] {
		t.entered[name] = true
		t.say(e, name)
	}
}

// look tells a look at the fleet when it shows something new.
func (t *teller) look(e types.HistoryEvent) {
	found := progress(aws.ToString(e.StateExitedEventDetails.Output))
	if found == nil || slices.Equal(found, t.shown) {
		return
	}
	t.shown = found
	for _, text := range found {
		t.say(e, "  "+text)
	}
}

// scheduled finds the execution that a task is about to start, if it gives it a name.
func (t *teller) scheduled(parameters string) {
	var in struct{ StateMachineArn, Name string }
	if json.Unmarshal([]byte(parameters), &in) == nil && in.Name != "" && strings.Contains(in.StateMachineArn, ":stateMachine:") {
		t.child = executionARN(in.StateMachineArn, in.Name)
	}
}

// submitted finds the execution that a task has started.
func (t *teller) submitted(output string) {
	var out struct{ ExecutionArn string }
	if json.Unmarshal([]byte(output), &out) == nil && strings.Contains(out.ExecutionArn, ":execution:") {
		t.child = out.ExecutionArn
	}
}

// failure is the error of an event that tells of one which a state may yet retry or catch.
func failure(e types.HistoryEvent) (name, cause string, failed bool) {
	switch {
	case e.TaskFailedEventDetails != nil:
		return aws.ToString(e.TaskFailedEventDetails.Error), aws.ToString(e.TaskFailedEventDetails.Cause), true
	case e.TaskTimedOutEventDetails != nil:
		return aws.ToString(e.TaskTimedOutEventDetails.Error), aws.ToString(e.TaskTimedOutEventDetails.Cause), true
	case e.TaskStartFailedEventDetails != nil:
		return aws.ToString(e.TaskStartFailedEventDetails.Error), aws.ToString(e.TaskStartFailedEventDetails.Cause), true
	case e.TaskSubmitFailedEventDetails != nil:
		return aws.ToString(e.TaskSubmitFailedEventDetails.Error), aws.ToString(e.TaskSubmitFailedEventDetails.Cause), true
	case e.EvaluationFailedEventDetails != nil:
		return aws.ToString(e.EvaluationFailedEventDetails.Error), aws.ToString(e.EvaluationFailedEventDetails.Cause), true
	}
	return "", "", false
}
