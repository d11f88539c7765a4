package fleetsim_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
)

func TestSteadyStateAsTheClientsSeeIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	s := r.serviceNow()
	if s.DesiredCount != 3 || s.RunningCount != 3 || s.PendingCount != 0 || len(s.Deployments) != 1 || s.Deployments[0].RolloutState != "COMPLETED" {
		t.Errorf("service = %+v", s)
	}
	list := must[*ecs.ListTasksOutput](t)(r.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: &r.Names.Cluster}))
	if len(list.TaskArns) != 4 {
		t.Fatalf("tasks = %v, want three and Fargate's one", list.TaskArns)
	}
	addresses := map[string]bool{}
	for _, task := range r.describe(list.TaskArns...) {
		if aws.ToString(task.LastStatus) != "RUNNING" || task.StartedAt == nil || aws.ToString(task.StartedBy) == "" {
			t.Errorf("task = %+v", task)
		}
		if (task.LaunchType == "EC2") != (task.ContainerInstanceArn != nil) {
			t.Errorf("launch type %s with container instance %v", task.LaunchType, task.ContainerInstanceArn)
		}
		for _, d := range task.Attachments[0].Details {
			if *d.Name == "privateIPv4Address" {
				addresses[*d.Value] = true
			}
		}
	}
	health := must[*elb.DescribeTargetHealthOutput](t)(r.elb.DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: &r.Names.TargetGroupARN}))
	for _, d := range health.TargetHealthDescriptions {
		if d.TargetHealth.State != "healthy" || d.TargetHealth.Reason != "" || !addresses[*d.Target.Id] || *d.Target.Port != 3005 {
			t.Errorf("target = %+v %+v", *d.Target, *d.TargetHealth)
		}
	}
	if len(health.TargetHealthDescriptions) != 4 || len(addresses) != 4 {
		t.Errorf("%d targets, %d addresses", len(health.TargetHealthDescriptions), len(addresses))
	}
	r.pass(24 * time.Hour)
	if got := r.History(); len(got) != 1 || got[0].Healthy != 3 || got[0].All != 4 {
		t.Errorf("a quiet day has the history %+v", got)
	}
}

func TestAFargateServiceWithoutTasksStaysSo(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *fleetsim.Config) { c.NoFargate = true })
	r.pass(24 * time.Hour)
	out := must[*ecs.DescribeServicesOutput](t)(r.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: &r.Names.Cluster, Services: []string{r.Names.FargateService}}))
	if len(out.Services) != 1 || out.Services[0].DesiredCount != 0 || out.Services[0].RunningCount != 0 || aws.ToString(out.Services[0].Status) != "ACTIVE" {
		t.Errorf("services %+v, want an active one without tasks", out.Services)
	}
	if got := r.History(); len(got) != 1 || got[0].Healthy != 3 || got[0].All != 3 {
		t.Errorf("a quiet day has the history %+v", got)
	}
}

func TestNewTasksLoadForAboutTwentyTwoMinutes(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.fence()
	r.files.set(texas, "new")
	began := r.clock.Now()
	_, fresh := r.raise()
	if took := r.clock.Now().Sub(began); took < 22*time.Minute || took > 34*time.Minute {
		t.Errorf("the fleet was ready after %v", took)
	}
	if len(fresh) != 4 {
		t.Fatalf("%d new tasks, want 4", len(fresh))
	}
	for _, task := range fresh {
		i := slices.IndexFunc(task.Loaded, func(l fleetsim.LoadedRegion) bool { return l.URI == texas })
		if task.Complete != 4 || i < 0 || task.Loaded[i].Fingerprint != "new" {
			t.Errorf("new task has %+v", task.Loaded)
		}
	}
}

// The runbook without protection: the count goes back down, and AWS removes the tasks that everybody waited for.
func TestLoweringTheCountUnprotectedKillsNewTasks(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.fence()
	_, fresh := r.raise()
	r.setCount(3)
	r.pass(time.Minute)
	left := r.served(r.Snapshot())
	for _, task := range fresh {
		if slices.ContainsFunc(left, func(l fleetsim.TaskInfo) bool { return l.ID == task.ID }) {
			t.Errorf("new task %s was left alone", task.ID)
		}
	}
	if len(left) != 3 {
		t.Errorf("%d tasks are left", len(left))
	}
}

// Halfway through loading it is worse: what serves goes, and what does not stays.
func TestLoweringTheCountEarlyKillsServingTasks(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.fence()
	r.setGroup(7)
	r.setCount(7)
	r.pass(10 * time.Minute)
	steady := slices.DeleteFunc(messages(r.serviceNow().Events), func(m string) bool { return !contains("has reached a steady state")(m) })
	if len(steady) != 1 {
		t.Errorf("steady although seven tasks are wanted and three are healthy: %q", steady)
	}
	r.setCount(3)
	r.pass(time.Minute)
	if s := r.Snapshot(); s.Healthy != 0 || len(r.served(s)) != 3 {
		t.Errorf("%d healthy, %d tasks", s.Healthy, len(r.served(s)))
	}
}

func TestProtectedShrinkRemovesExactlyTheOldTasks(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.fence()
	old, fresh := r.raise()
	keep := []string{fresh[0].ARN, fresh[1].ARN, fresh[2].ID}
	out := must[*ecs.UpdateTaskProtectionOutput](t)(r.ecs.UpdateTaskProtection(t.Context(), &ecs.UpdateTaskProtectionInput{Cluster: &r.Names.Cluster, Tasks: keep, ProtectionEnabled: true}))
	if len(out.ProtectedTasks) != 3 || len(out.Failures) != 0 || out.ProtectedTasks[0].ExpirationDate.Sub(r.clock.Now()) != 2*time.Hour {
		t.Fatalf("protection = %+v", out)
	}
	r.setCount(3)
	r.pass(30 * time.Second)
	leaving := r.describe(old[0].ARN)[0]
	if *leaving.LastStatus != "DEACTIVATING" || *leaving.DesiredStatus != "STOPPED" || leaving.StopCode != "ServiceSchedulerInitiated" {
		t.Errorf("an old task is %s, %s, %s", *leaving.LastStatus, *leaving.DesiredStatus, leaving.StopCode)
	}
	if s := r.serviceNow(); s.RunningCount != 3 {
		t.Errorf("running count %d: tasks that drain are not counted", s.RunningCount)
	}
	r.pass(4 * time.Minute)
	if got := *r.describe(old[0].ARN)[0].LastStatus; got != "DEACTIVATING" {
		t.Errorf("after 4:30 of draining the task is %s", got)
	}
	r.pass(3 * time.Minute)
	gone := r.describe(old[0].ARN)[0]
	if *gone.LastStatus != "STOPPED" || gone.StoppedAt == nil || gone.ExecutionStoppedAt == nil || *gone.Containers[0].ExitCode != 143 {
		t.Errorf("then it is %+v", gone)
	}
	var left []string
	for _, task := range r.served(r.Snapshot()) {
		left = append(left, task.ID)
	}
	slices.Sort(left)
	want := []string{fresh[0].ID, fresh[1].ID, fresh[2].ID}
	slices.Sort(want)
	if !slices.Equal(left, want) {
		t.Errorf("left are %v, want %v", left, want)
	}
	for _, s := range r.History() {
		if s.Healthy < 3 {
			t.Errorf("%d healthy at %v", s.Healthy, s.At)
		}
	}
	r.pass(70 * time.Minute)
	missing := must[*ecs.DescribeTasksOutput](t)(r.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: &r.Names.Cluster, Tasks: []string{old[0].ARN}}))
	if len(missing.Failures) != 1 || *missing.Failures[0].Reason != "MISSING" {
		t.Errorf("after an hour and more: %+v", missing)
	}
}

func TestWithoutHostsTasksAreNotPlaced(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.setCount(5)
	r.pass(time.Minute)
	s := r.serviceNow()
	if s.RunningCount != 3 || s.PendingCount != 0 || !slices.ContainsFunc(messages(s.Events), contains("unable to place a task")) {
		t.Errorf("%d running, %d pending, events %q", s.RunningCount, s.PendingCount, messages(s.Events))
	}
	r.fence()
	r.setGroup(4)
	r.until("a fourth task", 10*time.Minute, func(f fleetsim.Snapshot) bool { return len(r.served(f)) == 4 })
	if s := r.serviceNow(); s.PendingCount != 1 {
		t.Errorf("%d pending", s.PendingCount)
	}
}
