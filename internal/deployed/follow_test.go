package deployed

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"
)

const loading = `{"verdict":"loading","healthy":0,"expected":2,"oldRunning":1,"etaSeconds":600,"tasks":[` +
	`{"id":"0123456789ab","state":"loading","complete":1,"total":4,"loading":["US/PA"],"etaSeconds":600},{"id":"ba9876543210","state":"starting","complete":0,"total":0}]}`

const healthy = `{"verdict":"healthy","healthy":2,"expected":2,"oldRunning":1,"tasks":[]}`

// anUpdate is the history of an update with its nested restart.
func anUpdate() *states {
	s := newStates()
	s.begins(updateARN, `{"regions":[]}`)                        // 0
	s.enters(updateARN, "FindRegions")                           // 1
	s.fails(updateARN, "Unavailable", `{"errorMessage":"slow"}`) // 2
	s.exits(updateARN, "FindRegions", `{"regions":[]}`)          // 3
	s.enters(updateARN, "RestartServices")                       // 4
	s.submits(updateARN, restartARN)                             // 5
	s.offset[restartARN] = 4
	s.begins(restartARN, `{"lock":{"owner":"`+updateARN+`","run":"update-1"}}`) // 4
	s.enters(restartARN, "WaitForTasks")                                        // 5
	s.enters(restartARN, "PollHealth")                                          // 6
	s.exits(restartARN, "PollHealth", loading)                                  // 7
	s.enters(restartARN, "WaitForTasks")                                        // 8
	s.enters(restartARN, "PollHealth")                                          // 9
	s.exits(restartARN, "PollHealth", loading)                                  // 10: nothing new
	s.exits(restartARN, "PollHealth", healthy)                                  // 11
	s.succeeds(restartARN, `{"newTasks":[]}`)                                   // 12
	s.offset[updateARN] = 7
	s.enters(updateARN, "BumpVersions")      // 13
	s.succeeds(updateARN, `{"versions":[]}`) // 14
	return s
}

var theStory = []string{
	"20:05 FindRegions",
	"20:06 ! FindRegions: Unavailable: slow",
	"20:08 RestartServices",
	"20:09   WaitForTasks",
	"20:10   PollHealth",
	"20:11     loading: 0 of 2 new tasks healthy, about 10 min left; 1 old ones run",
	"20:11       012345 loading  ██████░░░░░░░░░░░░░░░░░░ 1/4  loading US/PA, about 10 min left",
	"20:11       ba9876 starting ░░░░░░░░░░░░░░░░░░░░░░░░ 0/0",
	"20:15     healthy: 2 of 2 new tasks healthy; 1 old ones run",
	"20:17 BumpVersions",
}

func told(shown []Line) []string {
	var texts []string
	for _, l := range shown {
		texts = append(texts, l.At.Format("15:04 ")+strings.Repeat("  ", l.Depth)+l.Text)
	}
	return texts
}

// TestFollowTellsTheSameStoryWhateverHappens: each event once and in order, whatever pages, throttles and tokens do.
func TestFollowTellsTheSameStoryWhateverHappens(t *testing.T) {
	tests := []struct {
		name string
		do   func(*states)
	}{
		{"as it happens", func(*states) {}},
		{"after it has ended", func(s *states) { s.now = begin.Add(time.Hour) }},
		{"one event a page", func(s *states) { s.page = 1 }},
		{"all on one page", func(s *states) { s.page = 1000 }},
		{"half of the calls throttled", func(s *states) {
			for n := 1; n < 200; n += 4 {
				s.fail[n], s.fail[n+3] = throttled(), throttled()
			}
		}},
		{"the nested execution is known by its name only", func(s *states) {
			s.histories[updateARN][5].TaskSubmittedEventDetails = nil
			s.histories[updateARN][5].TaskScheduledEventDetails = &types.TaskScheduledEventDetails{
				Parameters: aws.String(`{"StateMachineArn":"` + staging().Machines[RestartServices] + `","Name":"update-1-restart"}`)}
		}},
		{"a nested execution that never began", func(s *states) {
			s.histories[updateARN][3].StateExitedEventDetails = nil
			s.histories[updateARN][3].TaskScheduledEventDetails = &types.TaskScheduledEventDetails{
				Parameters: aws.String(`{"StateMachineArn":"` + staging().Machines[RestartServices] + `","Name":"refused"}`)}
		}},
		{"the new execution is not known yet", func(s *states) {
			s.fail[1], s.fail[2] = refusal(&types.ExecutionDoesNotExist{}), refusal(&types.ExecutionDoesNotExist{})
		}},
		{"tokens expire", func(s *states) {
			for n := 5; n < 100; n += 3 {
				s.fail[n] = refusal(&types.InvalidToken{})
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := anUpdate()
			tt.do(s)
			var shown []Line
			end, err := s.follower(&shown).Follow(t.Context(), updateARN)
			if err != nil {
				t.Fatal(err)
			}
			if want := (End{ARN: updateARN, Run: "update-1", Status: "SUCCEEDED", Output: `{"versions":[]}`, At: begin.Add(14 * time.Minute)}); end != want {
				t.Errorf("end = %+v, want %+v", end, want)
			}
			if diff := cmp.Diff(theStory, told(shown)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFollowGoesOnAtThePageWhereItStopped(t *testing.T) {
	s := newStates()
	s.page = 10
	s.begins(updateARN, `{}`)
	for n := range 200 {
		s.enters(updateARN, fmt.Sprintf("State%d", n))
	}
	s.succeeds(updateARN, `{}`)
	s.now = begin.Add(150 * time.Minute)
	var shown []Line
	if _, err := s.follower(&shown).Follow(t.Context(), updateARN); err != nil {
		t.Fatal(err)
	}
	// 16 pages to begin with, then a look for each of 51 minutes, which may find a page full.
	if len(shown) != 200 || s.calls > 16+51+6 {
		t.Errorf("%d states shown by %d calls; want 200, and no page read over and over", len(shown), s.calls)
	}
}

func TestFollowSeesHowANestedRunIsCalled(t *testing.T) {
	s := anUpdate()
	end, err := s.follower(new([]Line)).Follow(t.Context(), restartARN)
	if err != nil || end.Run != "update-1" {
		t.Errorf("run = %q, %v; want that of the execution whose lock it works under", end.Run, err)
	}
}

func TestFollowEnds(t *testing.T) {
	denied := refusal(&smithyError{"AccessDeniedException"})
	tests := []struct {
		name, says string
		calls      int // at most
		do         func(*states)
	}{
		{"access is denied", "AccessDenied", 1, func(s *states) { s.fail[1] = denied }},
		{"throttled for ever", "given up after 10m", 14, func(s *states) {
			for n := 1; n < 100; n++ {
				s.fail[n] = throttled()
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := anUpdate()
			tt.do(s)
			if _, err := s.follower(new([]Line)).Follow(t.Context(), updateARN); err == nil || !strings.Contains(err.Error(), tt.says) || s.calls > tt.calls {
				t.Errorf("error = %v after %d calls; want %q after at most %d", err, s.calls, tt.says, tt.calls)
			}
		})
	}
	t.Run("interrupted", func(t *testing.T) {
		s := anUpdate()
		ctx, cancel := context.WithCancel(t.Context())
		f := s.follower(new([]Line))
		f.Wait = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
		if _, err := f.Follow(ctx, updateARN); !errors.Is(err, context.Canceled) {
			t.Errorf("error = %v, want that of the context", err)
		}
	})
	t.Run("the nested execution cannot be read", func(t *testing.T) {
		s := anUpdate()
		s.now = begin.Add(time.Hour)
		s.page = 1000
		s.fail[2] = denied
		end, err := s.follower(new([]Line)).Follow(t.Context(), updateARN)
		if err != nil || end.Status != "SUCCEEDED" {
			t.Errorf("%+v, %v; want the end, which is known", end, err)
		}
	})
}

// smithyError is an API error by its code.
type smithyError struct{ code string }

func (e *smithyError) Error() string { return e.code }

func TestEnds(t *testing.T) {
	text := func(s string) *string { return &s }
	tests := []struct {
		name string
		e    types.HistoryEvent
		want End
		is   Outcome
	}{
		{"succeeded", types.HistoryEvent{Type: types.HistoryEventTypeExecutionSucceeded, ExecutionSucceededEventDetails: &types.ExecutionSucceededEventDetails{Output: text("{}")}},
			End{Status: "SUCCEEDED", Output: "{}"}, Succeeded},
		{"clean", types.HistoryEvent{Type: types.HistoryEventTypeExecutionFailed, ExecutionFailedEventDetails: &types.ExecutionFailedEventDetails{Error: text("FailedClean"), Cause: text("c")}},
			End{Status: "FAILED", Error: "FailedClean", Cause: "c"}, FailedClean},
		{"dirty", types.HistoryEvent{Type: types.HistoryEventTypeExecutionFailed, ExecutionFailedEventDetails: &types.ExecutionFailedEventDetails{Error: text("FailedDirty"), Cause: text("c")}},
			End{Status: "FAILED", Error: "FailedDirty", Cause: "c"}, FailedDirty},
		{"broken", types.HistoryEvent{Type: types.HistoryEventTypeExecutionFailed, ExecutionFailedEventDetails: &types.ExecutionFailedEventDetails{Error: text("States.Runtime")}},
			End{Status: "FAILED", Error: "States.Runtime"}, Abandoned},
		{"aborted", types.HistoryEvent{Type: types.HistoryEventTypeExecutionAborted, ExecutionAbortedEventDetails: &types.ExecutionAbortedEventDetails{Cause: text("stop it")}},
			End{Status: "ABORTED", Cause: "stop it"}, Abandoned},
		{"aborted without a word", types.HistoryEvent{Type: types.HistoryEventTypeExecutionAborted}, End{Status: "ABORTED"}, Abandoned},
		{"timed out", types.HistoryEvent{Type: types.HistoryEventTypeExecutionTimedOut}, End{Status: "TIMED_OUT"}, Abandoned},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := endOf(tt.e); got == nil || *got != tt.want || got.Outcome() != tt.is {
				t.Errorf("end = %+v, want %+v", got, tt.want)
			}
		})
	}
	if got := endOf(types.HistoryEvent{Type: types.HistoryEventTypeTaskFailed}); got != nil {
		t.Errorf("a failed task is the end %+v", got)
	}
}
