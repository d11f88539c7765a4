package fleet

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

func survey(a *account) SurveyFleet {
	return SurveyFleet{ECS: a, Groups: a, Targets: a, Alarms: a, Journal: a, Environment: "Staging", Cluster: testCluster, Service: testService,
		Group: testGroup, TargetGroup: testTargetGroup, Now: func() time.Time { return surveyTime }}
}

func TestSurveyFleetOfASteadyFleet(t *testing.T) {
	t.Parallel()
	a := steady(3)
	a.group.DesiredCapacity = aws.Int32(4)
	a.addHost(10, 0)
	a.alarms = []cwtypes.MetricAlarm{{AlarmName: aws.String("alarmStagingCPUReservation")}}
	got, err := survey(a).Run(t.Context(), SurveyFleetInput{Run: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	want := SurveyFleetOutput{Environment: "Staging", Usual: 3, Raised: 7, Service: testService, Tasks: arns(0, 3), Alarms: []string{"alarmStagingCPUReservation"},
		Group: GroupSurvey{Name: testGroup, Min: 3, Max: 7, Desired: 4, Instances: 4}, OtherTargets: 1, SurveyedAt: surveyTime}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if aws.ToString(a.alarmsIn.AlarmNamePrefix) != "alarmStaging" || a.alarmsIn.StateValue != cwtypes.StateValueAlarm {
		t.Errorf("asked for alarms %s in %s", aws.ToString(a.alarmsIn.AlarmNamePrefix), a.alarmsIn.StateValue)
	}
}

func TestSurveyFleetJournalsEveryInverse(t *testing.T) {
	t.Parallel()
	a := steady(3)
	if _, err := survey(a).Run(t.Context(), SurveyFleetInput{Run: "r1"}); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(a.entries) // as they are undone
	tasks, err := json.Marshal(arns(0, 3))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`keep-old-tasks protect-tasks {"protected":true,"run":"r1","skipGone":true,"tasks":` + string(tasks) + `,"undo":true}`,
		`scale-service scale-service {"desired":3,"run":"r1","undo":true}`,
		`scale-group scale-group {"desired":3,"run":"r1","undo":true}`,
		`fence-group fence-group {"fenced":false,"run":"r1","undo":true}`,
		`protect-tasks protect-tasks {"all":true,"protected":false,"run":"r1","undo":true}`,
	}
	for i, e := range a.entries {
		if got := e.Step + " " + e.Action + " " + string(e.Input); i >= len(want) || got != want[i] {
			t.Errorf("entry %d: %s", i, got)
		}
		if e.Left == "" || i > 0 && !e.At.Before(a.entries[i-1].At) {
			t.Errorf("entry %d: left %q, at %v", i, e.Left, e.At)
		}
	}
	if len(a.entries) != len(want) {
		t.Errorf("%d entries", len(a.entries))
	}
	inputs := map[string]interface{ Validate() error }{stepService: &ScaleServiceInput{}, stepGroup: &ScaleGroupInput{}, stepFence: &FenceGroupInput{}, stepProtect: &ProtectTasksInput{}}
	for _, e := range a.entries {
		if e.Action == stepProtect {
			inputs[stepProtect] = &ProtectTasksInput{} // two entries
		}
		d := json.NewDecoder(strings.NewReader(string(e.Input)))
		d.DisallowUnknownFields()
		if err := d.Decode(inputs[e.Action]); err != nil || inputs[e.Action].Validate() != nil {
			t.Errorf("%s does not take its own inverse: %v, %v", e.Step, err, inputs[e.Action].Validate())
		}
	}
}

func TestSurveyFleetWithoutARunWritesNothing(t *testing.T) {
	t.Parallel()
	a := steady(3)
	if _, err := survey(a).Run(t.Context(), SurveyFleetInput{}); err != nil || len(a.entries) > 0 {
		t.Errorf("%v, entries %v", err, a.entries)
	}
}

func TestSurveyFleetRefuses(t *testing.T) {
	t.Parallel()
	suspend := func(a *account, process string) {
		a.group.SuspendedProcesses = append(a.group.SuspendedProcesses, asgtypes.SuspendedProcess{ProcessName: &process})
	}
	tests := []struct {
		name   string
		change func(*account)
		want   []string
	}{
		{"two deployments", func(a *account) {
			a.service.Deployments = append(a.service.Deployments, ecstypes.Deployment{Status: aws.String("ACTIVE")})
		}, []string{"2 deployments"}},
		{"rollout in progress", func(a *account) { a.service.Deployments[0].RolloutState = ecstypes.DeploymentRolloutStateInProgress }, []string{"IN_PROGRESS"}},
		{"one task runs less", func(a *account) { a.service.RunningCount = 2 }, []string{"2 tasks run, desired are 3"}},
		{"pending", func(a *account) { a.service.PendingCount = 1 }, []string{"1 tasks are pending"}},
		{"no task wanted", func(a *account) { a.service.DesiredCount, a.service.RunningCount, a.tasks = 0, 0, nil }, []string{"desired count is 0"}},
		{"the list of tasks is stale", func(a *account) { a.tasks = a.tasks[:2] }, []string{"lists 2 tasks", "2 of 3 tasks are healthy"}},
		{"a task is activating", func(a *account) { a.setTask(1, "ACTIVATING", "RUNNING") }, []string{"2 of them running"}},
		{"a target is unhealthy", func(a *account) { a.health(1, elbtypes.TargetHealthStateEnumUnhealthy) }, []string{"only 2 of 3 tasks are healthy"}},
		{"a target is not registered, another service's is healthy", func(a *account) { a.targets = a.targets[1:] }, []string{"only 2 of 3 tasks are healthy"}},
		{"fenced", func(a *account) { suspend(a, alarmNotification) }, []string{"fenced already"}},
		{"cannot launch", func(a *account) { suspend(a, "Launch") }, []string{"Launch"}},
		{"protected tasks", func(a *account) { a.protected[taskARN(2)] = true }, []string{"1 tasks are protected", taskARN(2)}},
		{"no room", func(a *account) { a.group.MaxSize = aws.Int32(3) }, []string{"no room for new ones"}},
		{"too little room", func(a *account) { a.group.MaxSize = aws.Int32(5) }, []string{"for 2 new tasks beside the 3 old ones"}},
		{"an instance is terminating", func(a *account) { a.group.Instances[0].LifecycleState = asgtypes.LifecycleStateTerminating }, []string{"1 instances", "i-0000 Terminating"}},
		{"an instance is unhealthy", func(a *account) { a.group.Instances[0].HealthStatus = aws.String("Unhealthy") }, []string{"i-0000"}},
		{"several reasons at once", func(a *account) {
			suspend(a, alarmNotification)
			a.service.PendingCount = 2
			a.health(0, elbtypes.TargetHealthStateEnumDraining)
		}, []string{"fenced already", "2 tasks are pending", "only 2 of 3"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := steady(3)
			tt.change(a)
			_, err := survey(a).Run(t.Context(), SurveyFleetInput{Run: "r1"})
			wantName(t, err, fault.FleetNotReady)
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error lacks %q: %v", want, err)
				}
			}
			if len(a.entries) > 0 {
				t.Error("journalled before it refused")
			}
		})
	}
}

func TestSurveyFleetFailsClosed(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"DescribeServices", "DescribeAutoScalingGroups", "ListTasks", "DescribeTasks", "DescribeTargetHealth", "GetTaskProtection", "DescribeAlarms", "Record"} {
		a := steady(3)
		a.fail[op] = throttled
		_, err := survey(a).Run(t.Context(), SurveyFleetInput{Run: "r1"})
		wantName(t, err, fault.Unavailable)
	}
	a := steady(3)
	a.service.ServiceName = aws.String("Other")
	_, err := survey(a).Run(t.Context(), SurveyFleetInput{Run: "r1"})
	wantName(t, err, fault.ServiceNotFound)
}
