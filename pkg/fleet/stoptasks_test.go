package fleet

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

var scaledOut = surveyTime.Add(time.Minute)

// restarted has 3 old tasks, 0 to 2, and 3 healthy new ones, 3 to 5.
func restarted() *account {
	a := steady(3)
	for i := 3; i < 6; i++ {
		a.addTask(i, scaledOut.Add(3*time.Minute))
	}
	return a
}

func stopInput() StopTasksInput {
	return StopTasksInput{Run: "r1", Tasks: arns(0, 3), Before: 3, ScaledOutAt: scaledOut, Keep: 3}
}

func TestStopTasks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		change  func(*account)
		stopped []string
		want    StopTasksOutput // without Stopped and Why
	}{
		{"all three", func(*account) {}, arns(0, 3), StopTasksOutput{Leaving: 3}},
		{"two linger, one is stopping", func(a *account) { a.setTask(0, "RUNNING", "STOPPED") }, arns(1, 3), StopTasksOutput{Leaving: 3}},
		{"one is gone, one unknown", func(a *account) { a.setTask(0, "STOPPED", "STOPPED"); a.tasks = slices.Delete(a.tasks, 1, 2) }, arns(2, 3), StopTasksOutput{Gone: 2, Leaving: 1}},
		{"one is gone that ECS shows without a start", func(a *account) { a.setTask(0, "STOPPED", "STOPPED"); a.task(taskARN(0)).StartedAt = nil }, arns(1, 3), StopTasksOutput{Gone: 1, Leaving: 2}},
		{"all draining", func(a *account) {
			for i := range 3 {
				a.setTask(i, "DEACTIVATING", "STOPPED")
			}
		}, nil, StopTasksOutput{Leaving: 3}},
		{"all gone", func(a *account) {
			for i := range 3 {
				a.setTask(i, "STOPPED", "STOPPED")
			}
		}, nil, StopTasksOutput{Gone: 3, Done: true}},
		{"all gone, too few new ones", func(a *account) { a.tasks = a.tasks[3:5] }, nil, StopTasksOutput{Gone: 3, Done: true}},
		{"a new task is unhealthy", func(a *account) { a.health(4, elbtypes.TargetHealthStateEnumUnhealthy) }, nil, StopTasksOutput{Running: 3}},
		{"a new task is starting", func(a *account) { a.setTask(4, "PENDING", "RUNNING") }, nil, StopTasksOutput{Running: 3}},
		{"a new task is stopping", func(a *account) { a.setTask(4, "RUNNING", "STOPPED") }, nil, StopTasksOutput{Running: 3}},
		{"more new tasks than needed", func(a *account) {
			a.addTask(6, scaledOut.Add(time.Hour))
			a.health(4, elbtypes.TargetHealthStateEnumDraining)
		}, arns(0, 3), StopTasksOutput{Leaving: 3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := restarted()
			tt.change(a)
			got, err := StopTasks{a, a, testCluster, testService, testTargetGroup}.Run(t.Context(), stopInput())
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Stopped, tt.stopped) || len(a.stops) != len(tt.stopped) || got.Stopped == nil {
				t.Errorf("stopped %v, calls for %v", got.Stopped, a.stops)
			}
			for _, reason := range a.stops {
				if !strings.Contains(reason, "r1") {
					t.Errorf("reason %q does not name the run", reason)
				}
			}
			if (got.Why != "") != (got.Running > 0) {
				t.Errorf("why = %q", got.Why)
			}
			if got.Gone != tt.want.Gone || got.Leaving != tt.want.Leaving || got.Running != tt.want.Running || got.Done != tt.want.Done {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestStopTasksRefusesSurprises(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*account, *StopTasksInput)
		text   string
	}{
		{"fewer than before", func(_ *account, in *StopTasksInput) { in.Tasks = in.Tasks[:2] }, "there were 3 before"},
		{"more than before", func(_ *account, in *StopTasksInput) { in.Before = 2 }, "there were 2 before"},
		{"a listed task is new", func(_ *account, in *StopTasksInput) { in.Tasks[2] = taskARN(3) }, "listed as old"},
		{"a listed task has not started", func(a *account, _ *StopTasksInput) { a.task(taskARN(0)).StartedAt = nil }, "no time yet"},
		{"an old task is not listed", func(a *account, _ *StopTasksInput) { a.addTask(7, scaledOut.Add(-time.Millisecond)) }, "is not in the list"},
		{"a listed task is of the other service", func(a *account, _ *StopTasksInput) { a.task(taskARN(1)).Group = aws.String("service:StagingApp") }, "service:StagingApp"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, in := restarted(), stopInput()
			tt.change(a, &in)
			_, err := StopTasks{a, a, testCluster, testService, testTargetGroup}.Run(t.Context(), in)
			wantName(t, err, fault.UnexpectedTasks)
			if !strings.Contains(err.Error(), tt.text) || a.count("StopTask") != 0 {
				t.Errorf("%v; %d stopped", err, a.count("StopTask"))
			}
		})
	}
}

func TestStopTasksAfterALostAnswer(t *testing.T) {
	t.Parallel()
	a := restarted()
	a.lose["StopTask"] = true
	verb := StopTasks{a, a, testCluster, testService, testTargetGroup}
	_, err := verb.Run(t.Context(), stopInput())
	wantName(t, err, fault.Unavailable)
	got, err := verb.Run(t.Context(), stopInput())
	if err != nil || !slices.Equal(got.Stopped, arns(1, 3)) || got.Leaving != 3 || a.count("StopTask") != 3 {
		t.Errorf("%+v, %v, %d calls", got, err, a.count("StopTask"))
	}
}

func TestStopTasksFailsClosed(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"ListTasks", "DescribeTasks", "DescribeTargetHealth"} {
		a := restarted()
		a.fail[op] = throttled
		_, err := StopTasks{a, a, testCluster, testService, testTargetGroup}.Run(t.Context(), stopInput())
		wantName(t, err, fault.Unavailable)
		if a.count("StopTask") != 0 {
			t.Errorf("%s failed and tasks were stopped", op)
		}
	}
}
