package fleet

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/readiness"
)

const texas = "s3://data/regions/US/TX/2021-08-12T21:42:38.860Z/"

// loadingFleet is a restarted account whose new tasks are not healthy yet, and its log.
func loadingFleet() (*account, *logGroup) {
	a := restarted()
	for i := 3; i < 6; i++ {
		a.health(i, elbtypes.TargetHealthStateEnumUnhealthy)
	}
	return a, &logGroup{size: 100}
}

func poll(a *account, g *logGroup, m float64) PollHealth {
	return PollHealth{ECS: a, Targets: a, Logs: g, Cluster: testCluster, Service: testService, TargetGroup: testTargetGroup, LogGroup: "log", Container: "app",
		Now: func() time.Time { return minute(m) }}
}

func pollInput() PollHealthInput { return PollHealthInput{OldTasks: arns(0, 3), Expected: 3, Usual: 3} }

// onward carries the look as a state machine does.
func onward(t *testing.T, r PollHealthOutput) PollHealthInput {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	in := pollInput()
	if err := json.Unmarshal(text, &struct{ Look *readiness.Look }{&in.Look}); err != nil {
		t.Fatal(err)
	}
	return in
}

func progressLine(complete int) string {
	return fmt.Sprintf(`[Nest] 29 - ERROR [HealthCheckService] Health Check has failed! {"topology":{"status":"down","total":52,"complete":%d,"pending":[],"loading":["%s"]}}`, complete, texas)
}

func failedLine(n int) string {
	return fmt.Sprintf("[Nest] 29 - ERROR [TopologyService] Failed to load topology for '%s' %d times, err NoSuchKey: The specified key does not exist.", texas, n)
}

func TestPollHealthFromScaleOutToHealthy(t *testing.T) {
	t.Parallel()
	a, g := loadingFleet()
	g.add(3, minute(4).UnixMilli(), progressLine(0))
	g.add(3, minute(5).UnixMilli(), failedLine(1))
	first, err := poll(a, g, 6).Run(t.Context(), pollInput())
	if err != nil {
		t.Fatal(err)
	}
	if first.Verdict != readiness.Loading || first.OldHealthy != 3 || first.OldRunning != 3 || first.Healthy != 0 || len(first.NewTasks) != 3 || len(first.Diagnosis) != 1 {
		t.Errorf("first look: %+v", first)
	}
	g.add(3, minute(14).UnixMilli(), progressLine(26))
	second, err := poll(a, g, 14).Run(t.Context(), onward(t, first))
	if err != nil {
		t.Fatal(err)
	}
	task := second.Tasks[slices.IndexFunc(second.Tasks, func(r readiness.TaskReport) bool { return r.Complete > 0 })]
	if task.Complete != 26 || task.Total != 52 || task.ETASeconds == nil || *task.ETASeconds != 600 || task.Loading[0] != "US/TX" {
		t.Errorf("second look: %+v", task)
	}
	for i := 3; i < 6; i++ {
		a.health(i, elbtypes.TargetHealthStateEnumHealthy)
	}
	third, err := poll(a, g, 26).Run(t.Context(), onward(t, second))
	if err != nil || third.Verdict != readiness.Healthy || !slices.Equal(third.Stay, arns(3, 6)) || third.OldHealthy != 3 {
		t.Errorf("third look: %+v, %v", third, err)
	}
}

func TestPollHealthVerdicts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*account, *logGroup)
		want   string
		why    string
	}{
		{"second error on a new task", func(_ *account, g *logGroup) { g.add(4, minute(5).UnixMilli(), failedLine(2)) }, readiness.Failing, "US/TX"},
		{"errors on an old task", func(_ *account, g *logGroup) { g.add(0, minute(5).UnixMilli(), failedLine(3)) }, readiness.Loading, "on an old task"},
		{"errors of the other service", func(_ *account, g *logGroup) { g.add(99, minute(5).UnixMilli(), failedLine(3)) }, readiness.Loading, ""},
		{"errors from before the scale-out", func(_ *account, g *logGroup) { g.add(0, minute(-5).UnixMilli(), failedLine(3)) }, readiness.Loading, ""},
		{"stuck for the default ten minutes", func(_ *account, g *logGroup) {
			g.add(4, minute(5).UnixMilli(), progressLine(3))
			g.add(4, minute(15).UnixMilli(), progressLine(3))
		}, readiness.Stuck, "US/TX"},
		{"a new task has died", func(a *account, g *logGroup) {
			a.setTask(4, "STOPPED", "STOPPED")
			dead := a.task(taskARN(4))
			dead.StoppedReason = aws.String("Essential container in task exited")
			dead.Containers[0].ExitCode, dead.Containers[0].Reason = aws.Int32(137), aws.String("OutOfMemoryError")
		}, readiness.Loading, "exit code 137 (OutOfMemoryError: Essential container"},
		{"a task that stopped before the scale-out is no new one", func(a *account, g *logGroup) {
			a.addTask(8, scaledOut.Add(-30*time.Minute))
			a.setTask(8, "STOPPED", "STOPPED")
			g.add(8, minute(5).UnixMilli(), failedLine(6))
		}, readiness.Loading, ""},
		{"no instance has room", func(a *account, _ *logGroup) {
			a.tasks = a.tasks[:3]
			a.service.Events = []ecstypes.ServiceEvent{{CreatedAt: aws.Time(minute(3)), Message: aws.String("(service s) was unable to place a task because no container instance met all of its requirements.")},
				{CreatedAt: aws.Time(minute(-300)), Message: aws.String("(service s) was unable to do something long ago.")}}
		}, readiness.Loading, "3 tasks have not been placed; ECS says: (service s) was unable to place a task"},
		{"the address of a stopped task is in use again", func(a *account, _ *logGroup) {
			a.setTask(0, "STOPPED", "STOPPED")
			a.task(taskARN(0)).Attachments = a.task(taskARN(3)).Attachments
			a.health(3, elbtypes.TargetHealthStateEnumDraining)
		}, readiness.Loading, "1 targets are draining"},
		{"two of three healthy", func(a *account, _ *logGroup) {
			a.health(3, elbtypes.TargetHealthStateEnumHealthy)
			a.health(4, elbtypes.TargetHealthStateEnumHealthy)
		}, readiness.Loading, "2 of 3 new tasks healthy"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, g := loadingFleet()
			tt.change(a, g)
			in := pollInput()
			in.ScaledOutAt = &scaledOut
			got, err := poll(a, g, 16).Run(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if got.Verdict != tt.want || !strings.Contains(got.Why, tt.why) {
				t.Errorf("%s, want %s with %q: %s", got.Verdict, tt.want, tt.why, got.Why)
			}
			if strings.Contains(got.Why, "long ago") || tt.why == "" && strings.Contains(got.Why, "TX") {
				t.Errorf("why tells what does not count: %s", got.Why)
			}
		})
	}
}

// TestPollHealthTellsTasksByTheirStart: which data a task has loaded depends on when it started, and on nothing else.
func TestPollHealthTellsTasksByTheirStart(t *testing.T) {
	t.Parallel()
	since := func(m float64) *time.Time { at := minute(m); return &at }
	for name, tt := range map[string]struct {
		since             *time.Time
		healthy, starting int    // how many of the new tasks
		want              [3]int // started since, started before, starting
	}{
		"nobody asks":                     {nil, 3, 0, [3]int{0, 0, 0}},
		"all started since":               {since(0), 3, 0, [3]int{3, 0, 0}},
		"some are not healthy yet":        {since(0), 1, 0, [3]int{1, 0, 0}},
		"all started before":              {since(100), 3, 0, [3]int{0, 3, 0}},
		"before, and not healthy":         {since(100), 0, 0, [3]int{0, 3, 0}},
		"one is starting":                 {since(0), 3, 1, [3]int{2, 0, 1}},
		"a starting one is not before it": {since(100), 3, 1, [3]int{0, 2, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := restarted()
			for i := 3 + tt.healthy; i < 6; i++ {
				a.health(i, elbtypes.TargetHealthStateEnumUnhealthy)
			}
			for i := range tt.starting {
				a.tasks[3+i].LastStatus, a.tasks[3+i].StartedAt = aws.String("PENDING"), nil
			}
			in := pollInput()
			in.Since = tt.since
			got, err := poll(a, &logGroup{size: 100}, 6).Run(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if counts := [3]int{got.StartedSince, got.StartedBefore, got.Starting}; counts != tt.want {
				t.Errorf("started since, before, starting = %v, want %v", counts, tt.want)
			}
		})
	}
}

func TestPollHealthRemembersATaskThatDies(t *testing.T) {
	t.Parallel()
	a, g := loadingFleet()
	first, err := poll(a, g, 6).Run(t.Context(), pollInput()) // no scaledOutAt
	if err != nil {
		t.Fatal(err)
	}
	a.setTask(4, "STOPPED", "STOPPED")
	g.add(4, minute(7).UnixMilli(), failedLine(6))
	got, err := poll(a, g, 8).Run(t.Context(), onward(t, first))
	if err != nil || got.Verdict != readiness.Failing || !strings.Contains(got.Why, "has stopped") {
		t.Errorf("%s, %v: %s", got.Verdict, err, got.Why)
	}
}

func TestPollHealthFails(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"DescribeServices", "ListTasks", "DescribeTasks", "DescribeTargetHealth"} {
		a, g := loadingFleet()
		a.fail[op] = throttled
		_, err := poll(a, g, 6).Run(t.Context(), pollInput())
		wantName(t, err, fault.Unavailable)
	}
}
