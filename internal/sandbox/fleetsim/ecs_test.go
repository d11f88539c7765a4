package fleetsim_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
)

func (r *rig) protect(on bool, ids ...string) *ecs.UpdateTaskProtectionOutput {
	r.t.Helper()
	return must[*ecs.UpdateTaskProtectionOutput](r.t)(r.ecs.UpdateTaskProtection(r.t.Context(), &ecs.UpdateTaskProtectionInput{Cluster: &r.Names.Cluster, Tasks: ids, ProtectionEnabled: on, ExpiresInMinutes: aws.Int32(30)}))
}

func reasons(failures []types.Failure) []string {
	var list []string
	for _, f := range failures {
		list = append(list, *f.Reason)
	}
	return list
}

func TestProtectionIsRefused(t *testing.T) {
	t.Parallel()
	t.Run("for more tasks than the desired count", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, nil)
		r.fence()
		old, fresh := r.raise()
		r.setCount(3)
		out := r.protect(true, fresh[0].ID, fresh[1].ID, fresh[2].ID, old[0].ID)
		if len(out.ProtectedTasks) != 3 || !slices.Equal(reasons(out.Failures), []string{"DEPLOYMENT_BLOCKED"}) {
			t.Errorf("protection = %+v", out)
		}
	})
	t.Run("for tasks that are gone or not the service's", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, nil)
		once := must[*ecs.RunTaskOutput](t)(r.ecs.RunTask(t.Context(), &ecs.RunTaskInput{Cluster: &r.Names.Cluster, TaskDefinition: &r.Names.FargateService}))
		out := r.protect(true, "00000000000000000000000000000000", *once.Tasks[0].TaskArn)
		if got := reasons(out.Failures); !slices.Equal(got, []string{"MISSING", "TASK_NOT_VALID"}) {
			t.Errorf("reasons = %q", got)
		}
	})
	t.Run("by an old agent", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, func(c *fleetsim.Config) { c.OldAgent = true })
		out := r.protect(true, r.served(r.Snapshot())[0].ID)
		if len(out.ProtectedTasks) != 0 || len(out.Failures) != 1 {
			t.Errorf("protection = %+v", out)
		}
	})
	t.Run("for more than ten at once", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, nil)
		_, err := r.ecs.UpdateTaskProtection(t.Context(), &ecs.UpdateTaskProtectionInput{Cluster: &r.Names.Cluster, Tasks: make([]string, 11), ProtectionEnabled: true})
		var invalid *types.InvalidParameterException
		if !errors.As(err, &invalid) {
			t.Errorf("error = %v", err)
		}
	})
}

func TestProtectionExpires(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	tasks := r.served(r.Snapshot())
	r.protect(true, tasks[0].ID, tasks[1].ID, tasks[2].ID)
	r.setCount(1)
	r.pass(29 * time.Minute)
	if got := len(r.served(r.Snapshot())); got != 3 {
		t.Errorf("%d tasks while all are protected", got)
	}
	get := must[*ecs.GetTaskProtectionOutput](t)(r.ecs.GetTaskProtection(t.Context(), &ecs.GetTaskProtectionInput{Cluster: &r.Names.Cluster, Tasks: []string{tasks[0].ARN}}))
	if !get.ProtectedTasks[0].ProtectionEnabled {
		t.Errorf("protection = %+v", get)
	}
	r.pass(2 * time.Minute)
	if got := len(r.served(r.Snapshot())); got != 1 {
		t.Errorf("%d tasks when the protection has expired", got)
	}
}

func TestAStoppedTaskIsReplacedWhenItsHostIsFree(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	victim := r.served(r.Snapshot())[1]
	stop := func() {
		out := must[*ecs.StopTaskOutput](t)(r.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: &r.Names.Cluster, Task: &victim.ARN, Reason: aws.String("old")}))
		if *out.Task.DesiredStatus != "STOPPED" || out.Task.StopCode != types.TaskStopCodeUserInitiated || *out.Task.StoppedReason != "old" {
			t.Errorf("stopped = %+v", out.Task)
		}
	}
	stop()
	stop() // may be repeated
	r.pass(4 * time.Minute)
	if got := len(r.served(r.Snapshot())); got != 2 {
		t.Errorf("%d tasks while the host is still taken", got)
	}
	r.until("a replacement", 5*time.Minute, func(s fleetsim.Snapshot) bool { return len(r.served(s)) == 3 })
	if got := r.served(r.Snapshot())[2].Instance; got != victim.Instance {
		t.Errorf("it is on %s, not on %s", got, victim.Instance)
	}
}

func TestListTasks(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *fleetsim.Config) { c.Usual = 130 })
	var seen []string
	pages := ecs.NewListTasksPaginator(r.ecs, &ecs.ListTasksInput{Cluster: &r.Names.Cluster, ServiceName: &r.Names.Service})
	for pages.HasMorePages() {
		page := must[*ecs.ListTasksOutput](t)(pages.NextPage(t.Context()))
		if len(page.TaskArns) > 100 {
			t.Errorf("a page of %d", len(page.TaskArns))
		}
		seen = append(seen, page.TaskArns...)
	}
	slices.Sort(seen)
	if len(slices.Compact(seen)) != 130 {
		t.Errorf("%d tasks", len(seen))
	}
	if err := r.KillTask(r.served(r.Snapshot())[0].ID, 1); err != nil {
		t.Fatal(err)
	}
	stopped := must[*ecs.ListTasksOutput](t)(r.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: &r.Names.Cluster, DesiredStatus: types.DesiredStatusStopped}))
	if len(stopped.TaskArns) != 1 {
		t.Errorf("stopped: %v", stopped.TaskArns)
	}
	var unknown *types.ClusterNotFoundException
	if _, err := r.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("other")}); !errors.As(err, &unknown) {
		t.Errorf("error = %v", err)
	}
	var missing *types.ServiceNotFoundException
	if _, err := r.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: &r.Names.Cluster, Service: aws.String("other"), DesiredCount: aws.Int32(1)}); !errors.As(err, &missing) {
		t.Errorf("error = %v", err)
	}
}

func TestContainerInstances(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.fence()
	r.setGroup(5)
	r.pass(4 * time.Minute)
	list := must[*ecs.ListContainerInstancesOutput](t)(r.ecs.ListContainerInstances(t.Context(), &ecs.ListContainerInstancesInput{Cluster: &r.Names.Cluster}))
	out := must[*ecs.DescribeContainerInstancesOutput](t)(r.ecs.DescribeContainerInstances(t.Context(), &ecs.DescribeContainerInstancesInput{Cluster: &r.Names.Cluster, ContainerInstances: list.ContainerInstanceArns}))
	busy := 0
	for _, i := range out.ContainerInstances {
		busy += int(i.RunningTasksCount)
		if *i.Status != "ACTIVE" || !i.AgentConnected || (*i.Ec2InstanceId)[:3] != "i-0" {
			t.Errorf("instance = %+v", i)
		}
	}
	if len(out.ContainerInstances) != 5 || busy != 3 {
		t.Errorf("%d container instances, %d busy", len(out.ContainerInstances), busy)
	}
}

func TestRunTask(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	in := &ecs.RunTaskInput{Cluster: &r.Names.Cluster, TaskDefinition: aws.String("StagingApp:12"), StartedBy: aws.String("me"), ClientToken: aws.String("once")}
	first := must[*ecs.RunTaskOutput](t)(r.ecs.RunTask(t.Context(), in))
	again := must[*ecs.RunTaskOutput](t)(r.ecs.RunTask(t.Context(), in))
	if len(first.Failures) != 0 || *first.Tasks[0].LastStatus != "PROVISIONING" || *first.Tasks[0].TaskArn != *again.Tasks[0].TaskArn {
		t.Fatalf("run = %+v, then %+v", first, again)
	}
	r.pass(3 * time.Minute)
	task := r.describe(*first.Tasks[0].TaskArn)[0]
	if *task.LastStatus != "STOPPED" || *task.Containers[0].Name != "app" || *task.Containers[0].ExitCode != 0 || *task.StartedBy != "me" {
		t.Errorf("task = %+v", task)
	}
}
