package fleetsim_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
)

func (r *rig) groupNow() asgtypes.AutoScalingGroup {
	r.t.Helper()
	out := must[*autoscaling.DescribeAutoScalingGroupsOutput](r.t)(r.asg.DescribeAutoScalingGroups(r.t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{r.Names.Group}}))
	if len(out.AutoScalingGroups) != 1 {
		r.t.Fatalf("groups = %+v", out)
	}
	return out.AutoScalingGroups[0]
}

func (r *rig) terminate(id string) error {
	_, err := r.asg.TerminateInstanceInAutoScalingGroup(r.t.Context(), &autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceId: &id, ShouldDecrementDesiredCapacity: aws.Bool(true)})
	return err
}

func (r *rig) resume(names ...string) {
	r.t.Helper()
	must[*autoscaling.ResumeProcessesOutput](r.t)(r.asg.ResumeProcesses(r.t.Context(), &autoscaling.ResumeProcessesInput{AutoScalingGroupName: &r.Names.Group, ScalingProcesses: names}))
}

func TestCapacityOutsideTheLimits(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for n, want := range map[int32]string{
		8: "New SetDesiredCapacity value 8 is above max value 7 for the AutoScalingGroup.",
		2: "New SetDesiredCapacity value 2 is below min value 3 for the AutoScalingGroup.",
	} {
		_, err := r.asg.SetDesiredCapacity(t.Context(), &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: &r.Names.Group, DesiredCapacity: &n})
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != "ValidationError" || api.ErrorMessage() != want {
			t.Errorf("error = %v, want %s", err, want)
		}
	}
	g := r.groupNow()
	if *g.MinSize != 3 || *g.MaxSize != 7 || *g.DesiredCapacity != 3 || len(g.Instances) != 3 || g.Instances[0].LifecycleState != asgtypes.LifecycleStateInService {
		t.Errorf("group = %+v", g)
	}
}

func TestLowerCapacityKillsATaskUndrained(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.fence()
	r.setGroup(4)
	r.setCount(4)
	r.until("four healthy", time.Hour, func(s fleetsim.Snapshot) bool { return s.Healthy == 4 })
	fresh := r.served(r.Snapshot())[3]
	r.setGroup(3)
	r.pass(3 * time.Minute)
	task := r.describe(fresh.ID)[0]
	if *task.LastStatus != "STOPPED" || *task.StoppedReason != "Host EC2 (instance "+fresh.Instance+") terminated." {
		t.Errorf("the new task is %s, %v", *task.LastStatus, aws.ToString(task.StoppedReason))
	}
}

func TestTerminateWithDecrementRemovesExactlyThatInstance(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.fence()
	r.setGroup(5)
	r.pass(4 * time.Minute)
	var idle []string
	for _, i := range r.Snapshot().Group.Instances {
		if i.Task == "" {
			idle = append(idle, i.ID)
		}
	}
	for _, id := range idle {
		if err := r.terminate(id); err != nil {
			t.Fatal(err)
		}
	}
	var busy *asgtypes.ScalingActivityInProgressFault
	if err := r.terminate(idle[0]); !errors.As(err, &busy) {
		t.Errorf("again: %v", err)
	}
	r.pass(3 * time.Minute)
	if g := r.groupNow(); *g.DesiredCapacity != 3 || len(g.Instances) != 3 {
		t.Errorf("group = %+v", g)
	}
	if s := r.Snapshot(); s.Healthy != 3 {
		t.Errorf("%d healthy", s.Healthy)
	}
	err := r.terminate(r.Snapshot().Group.Instances[0].ID)
	var api smithy.APIError
	if !errors.As(err, &api) || !strings.HasPrefix(api.ErrorMessage(), "Currently, desiredSize equals minSize (3).") {
		t.Errorf("below the minimum: %v", err)
	}
}

func TestAlarmTakesInstancesUnlessFenced(t *testing.T) {
	t.Parallel()
	always := func(c *fleetsim.Config) { c.ReservedPercent, c.Timing.Cooldown = 50, 10*time.Minute }
	t.Run("again and again", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, always)
		r.setGroup(7)
		r.setCount(7)
		r.pass(2 * time.Minute)
		if got := *r.groupNow().DesiredCapacity; got != 6 {
			t.Errorf("desired %d after two minutes, want 6", got)
		}
		r.pass(20 * time.Minute)
		if got := *r.groupNow().DesiredCapacity; got != 4 {
			t.Errorf("desired %d after 22 minutes, want 4", got)
		}
		r.pass(2 * time.Hour)
		if got := *r.groupNow().DesiredCapacity; got != 3 {
			t.Errorf("desired %d in the end, want the minimum", got)
		}
	})
	t.Run("fenced it waits, and then acts at once", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, always)
		r.fence()
		if g := r.groupNow(); len(g.SuspendedProcesses) != 1 || *g.SuspendedProcesses[0].ProcessName != "AlarmNotification" {
			t.Errorf("suspended = %+v", g.SuspendedProcesses)
		}
		r.setGroup(7)
		r.pass(2 * time.Hour)
		if got := *r.groupNow().DesiredCapacity; got != 7 {
			t.Errorf("desired %d while fenced", got)
		}
		out := must[*cloudwatch.DescribeAlarmsOutput](t)(r.cw.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{StateValue: cwtypes.StateValueAlarm}))
		if len(out.MetricAlarms) != 1 || *out.MetricAlarms[0].AlarmName != "alarmStagingCPUReservation" || out.MetricAlarms[0].StateUpdatedTimestamp.Year() != 2026 {
			t.Errorf("alarms = %+v", out.MetricAlarms)
		}
		r.resume("AlarmNotification")
		if got := *r.groupNow().DesiredCapacity; got != 6 {
			t.Errorf("desired %d at once after resuming", got)
		}
	})
	t.Run("protected instances stay", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, always)
		r.fence()
		r.setGroup(4)
		r.pass(4 * time.Minute)
		var ids []string
		for _, i := range r.groupNow().Instances {
			ids = append(ids, *i.InstanceId)
		}
		must[*autoscaling.SetInstanceProtectionOutput](t)(r.asg.SetInstanceProtection(t.Context(), &autoscaling.SetInstanceProtectionInput{AutoScalingGroupName: &r.Names.Group, InstanceIds: ids, ProtectedFromScaleIn: aws.Bool(true)}))
		r.resume("AlarmNotification")
		r.pass(10 * time.Minute)
		if g := r.groupNow(); *g.DesiredCapacity != 3 || len(g.Instances) != 4 {
			t.Errorf("desired %d with %d instances", *g.DesiredCapacity, len(g.Instances))
		}
	})
}

func TestAlarmFiresAfterAPeriodOfIdleHosts(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *fleetsim.Config) { c.Timing.Cooldown = time.Hour })
	r.pass(30 * time.Minute)
	if r.Snapshot().AlarmFiring {
		t.Error("the alarm fires although every host is full")
	}
	r.setGroup(4)
	r.pass(5 * time.Minute)
	if s := r.Snapshot(); !s.AlarmFiring || s.Group.Desired != 3 {
		t.Errorf("with an idle host: firing %v, desired %d", s.AlarmFiring, s.Group.Desired)
	}
	r.pass(20 * time.Minute)
	if s := r.Snapshot(); s.AlarmFiring {
		t.Error("the alarm still fires when every host is full again")
	}
}

func TestSuspendWithoutNamesSuspendsEverything(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	must[*autoscaling.SuspendProcessesOutput](t)(r.asg.SuspendProcesses(t.Context(), &autoscaling.SuspendProcessesInput{AutoScalingGroupName: &r.Names.Group}))
	r.setGroup(7)
	r.pass(10 * time.Minute)
	if g := r.groupNow(); len(g.SuspendedProcesses) != 9 || len(g.Instances) != 3 {
		t.Errorf("%d suspended, %d instances", len(g.SuspendedProcesses), len(g.Instances))
	}
	r.resume()
	r.pass(time.Minute)
	if g := r.groupNow(); len(g.SuspendedProcesses) != 0 || len(g.Instances) != 7 {
		t.Errorf("resumed: %d suspended, %d instances", len(g.SuspendedProcesses), len(g.Instances))
	}
}

func TestAFailedInstanceIsReplaced(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	victim := r.served(r.Snapshot())[0]
	if err := r.KillInstance(victim.Instance); err != nil {
		t.Fatal(err)
	}
	if task := r.served(r.Snapshot())[0]; task.ID != victim.ID || task.Total != 0 {
		t.Errorf("on the dead instance the process lives: %+v", task)
	}
	r.pass(10 * time.Second)
	if s := r.serviceNow(); s.RunningCount != 3 {
		t.Errorf("ECS notices at once: %d running", s.RunningCount)
	}
	r.pass(2 * time.Minute)
	r.until("three healthy again", time.Hour, func(s fleetsim.Snapshot) bool { return s.Healthy == 3 && len(r.served(s)) == 3 })
	ids := func(i fleetsim.InstanceInfo) bool { return i.ID == victim.Instance }
	if g := r.Snapshot().Group; len(g.Instances) != 3 || slices.ContainsFunc(g.Instances, ids) {
		t.Errorf("group = %+v", g)
	}
}

func TestThePolicyTakesHostsOfNewTasksAndFreshOnes(t *testing.T) {
	t.Parallel()
	var idle, busy int
	for seed := range uint64(20) {
		r := newRig(t, func(c *fleetsim.Config) { c.Seed = seed })
		r.fence()
		r.setGroup(5)
		r.setCount(4)
		r.pass(6 * time.Minute)
		r.setGroup(4)
		r.pass(15 * time.Second)
		newest := r.served(r.Snapshot())[3].Instance
		for _, i := range r.Snapshot().Group.Instances {
			switch {
			case i.Lifecycle != "Terminating":
			case i.Task == "":
				idle++
			case i.ID == newest:
				busy++
			default:
				t.Errorf("seed %d: the host of an old task goes: %+v", seed, i)
			}
		}
	}
	if idle == 0 || busy == 0 || idle+busy != 20 {
		t.Errorf("%d idle instances and %d hosts of the new task were taken", idle, busy)
	}
}
