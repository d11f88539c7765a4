package deployed

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// Outcome is what an end means to an operator.
type Outcome int

const (
	// Succeeded means that what was asked for is done.
	Succeeded Outcome = iota
	// FailedClean means that everything is as it was before.
	FailedClean
	// FailedDirty means that something is left, and the end's cause says what.
	FailedDirty
	// Abandoned means that nobody has cleaned up: the execution was aborted, timed out, or broke.
	Abandoned
)

// End is how an execution ended.
type End struct {
	ARN    string
	Run    string // whose journal says what is left
	Status string // SUCCEEDED, FAILED, ABORTED or TIMED_OUT
	Error  string
	Cause  string
	Output string // JSON, of a success
	At     time.Time
}

// Outcome tells the four kinds of ends apart.
func (e End) Outcome() Outcome {
	switch {
	case e.Status == string(types.ExecutionStatusSucceeded):
		return Succeeded
	case e.Status == string(types.ExecutionStatusFailed) && e.Error == "FailedClean":
		return FailedClean
	case e.Status == string(types.ExecutionStatusFailed) && e.Error == "FailedDirty":
		return FailedDirty
	}
	return Abandoned
}

// endOf reads the last event of a history, and is nil for every other.
func endOf(e types.HistoryEvent) *End {
	end := &End{At: aws.ToTime(e.Timestamp)}
	switch e.Type {
	case types.HistoryEventTypeExecutionSucceeded:
		end.Status = string(types.ExecutionStatusSucceeded)
		if d := e.ExecutionSucceededEventDetails; d != nil {
			end.Output = aws.ToString(d.Output)
		}
	case types.HistoryEventTypeExecutionFailed:
		end.Status = string(types.ExecutionStatusFailed)
		if d := e.ExecutionFailedEventDetails; d != nil {
			end.Error, end.Cause = aws.ToString(d.Error), aws.ToString(d.Cause)
		}
	case types.HistoryEventTypeExecutionAborted:
		end.Status = string(types.ExecutionStatusAborted)
		if d := e.ExecutionAbortedEventDetails; d != nil {
			end.Error, end.Cause = aws.ToString(d.Error), aws.ToString(d.Cause)
		}
	case types.HistoryEventTypeExecutionTimedOut:
		end.Status = string(types.ExecutionStatusTimedOut)
		if d := e.ExecutionTimedOutEventDetails; d != nil {
			end.Error, end.Cause = aws.ToString(d.Error), aws.ToString(d.Cause)
		}
	default:
		return nil
	}
	return end
}
