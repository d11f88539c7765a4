package fleetsim_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/apploader"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
)

// message is an error with the text that the application logs.
type message string

func (m message) Error() string { return string(m) }

const errNoSuchKey = message("NoSuchKey: The specified key does not exist.")

// oneMore starts one task beside the old ones and returns it.
func (r *rig) oneMore() fleetsim.TaskInfo {
	r.t.Helper()
	r.fence()
	r.setGroup(4)
	r.setCount(4)
	r.until("the new task runs", 10*time.Minute, func(s fleetsim.Snapshot) bool {
		tasks := r.served(s)
		return len(tasks) == 4 && tasks[3].Status == "RUNNING"
	})
	return r.served(r.Snapshot())[3]
}

func TestBadDataKillsATaskAfterSixFailures(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.files.set(ohio, errNoSuchKey)
	bad := r.oneMore()
	r.until("the task dies", 10*time.Minute, func(s fleetsim.Snapshot) bool {
		return slices.ContainsFunc(s.Tasks, func(k fleetsim.TaskInfo) bool { return k.ID == bad.ID && k.Status == "STOPPED" })
	})
	dead := r.describe(bad.ID)[0]
	if dead.StopCode != ecstypes.TaskStopCodeEssentialContainerExited || *dead.StoppedReason != "Essential container in task exited" || *dead.Containers[0].ExitCode != 1 {
		t.Errorf("stopped with %s, %s, exit code %d", dead.StopCode, *dead.StoppedReason, *dead.Containers[0].ExitCode)
	}
	lines, _ := r.lines(cloudwatchlogs.FilterLogEventsInput{LogStreamNames: []string{"districtbuilder-app/app/" + bad.ID}, FilterPattern: aws.String(`"[TopologyService]"`)})
	if len(lines) != 6 {
		t.Fatalf("%d failures logged, want 6: %q", len(lines), lines)
	}
	for i, line := range lines {
		want := fmt.Sprintf(`^\[Nest\] \d+  - 11/22/2026, 8:\d\d:\d\d PM   ERROR \[TopologyService\] Failed to load topology for '%s' %d times, err NoSuchKey: The specified key does not exist\.$`, regexp.QuoteMeta(ohio), i+1)
		if !regexp.MustCompile(want).MatchString(line) {
			t.Errorf("line %q\ndoes not match %s", line, want)
		}
	}
	r.until("a replacement on the same host", 3*time.Minute, func(s fleetsim.Snapshot) bool {
		tasks := r.served(s)
		return len(tasks) == 4 && tasks[3].ID != bad.ID && tasks[3].Instance == bad.Instance
	})
	r.files.set(ohio, "mended")
	r.until("the replacement, or the next one, loads mended data", 45*time.Minute, func(s fleetsim.Snapshot) bool { return s.Healthy == 4 })
}

func TestOneFailureIsSurvived(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.files.set(texas, errors.New("SyntaxError: Unexpected end of JSON input"))
	fresh := r.oneMore()
	stream := []string{"districtbuilder-app/app/" + fresh.ID}
	r.until("a first failure", 3*time.Minute, func(fleetsim.Snapshot) bool {
		lines, _ := r.lines(cloudwatchlogs.FilterLogEventsInput{LogStreamNames: stream, FilterPattern: aws.String(`"Failed to load topology"`)})
		return len(lines) > 0
	})
	r.files.set(texas, "good")
	r.until("it is healthy", 45*time.Minute, func(s fleetsim.Snapshot) bool { return s.Healthy == 4 })
	if got := r.served(r.Snapshot())[3].ID; got != fresh.ID {
		t.Errorf("task %s was replaced by %s", fresh.ID, got)
	}
}

func TestEmptyMetadataHangsSilently(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *fleetsim.Config) { c.Timing.HealthGrace = 50 * time.Minute })
	r.files.set(maine, fmt.Errorf("wrapped: %w", apploader.ErrSilentHang))
	hung := r.oneMore()
	r.pass(40 * time.Minute)
	s := r.served(r.Snapshot())[3]
	if s.ID != hung.ID || s.Complete != 3 || !slices.Equal(s.Loading, []string{maine}) || s.Target != "unhealthy" {
		t.Errorf("the task is %+v", s)
	}
	stream := []string{"districtbuilder-app/app/" + hung.ID}
	topology, _ := r.lines(cloudwatchlogs.FilterLogEventsInput{LogStreamNames: stream, FilterPattern: aws.String("TopologyService")})
	if len(topology) != 1 {
		t.Errorf("logged %q, want one line", topology)
	}
	health, _ := r.lines(cloudwatchlogs.FilterLogEventsInput{LogStreamNames: stream, FilterPattern: aws.String("HealthCheckService")})
	last := `ERROR [HealthCheckService] Health Check has failed! {"topology":{"status":"down","total":4,"complete":3,"pending":[],"loading":["` + maine + `"]}}`
	if len(health) < 70 || !strings.HasSuffix(health[len(health)-1], last) {
		t.Errorf("%d health lines, the last one %q", len(health), health[len(health)-1])
	}
	r.until("the service gives up after the grace period", 20*time.Minute, func(f fleetsim.Snapshot) bool {
		return !slices.ContainsFunc(r.served(f), func(k fleetsim.TaskInfo) bool { return k.ID == hung.ID })
	})
	if task := r.describe(hung.ID)[0]; !strings.HasPrefix(*task.StoppedReason, "Task failed ELB health checks in (target-group arn:aws:") {
		t.Errorf("stopped because %s", *task.StoppedReason)
	}
}

func TestHealthLines(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *fleetsim.Config) { c.OldBuild = true })
	fresh := r.oneMore()
	r.pass(10 * time.Minute)
	lines, _ := r.lines(cloudwatchlogs.FilterLogEventsInput{LogStreamNames: []string{"districtbuilder-app/app/" + fresh.ID}, FilterPattern: aws.String(`"Health Check has failed!"`)})
	if len(lines) < 15 || !strings.Contains(lines[len(lines)-1], `"pendingLayers":["s3://`) || strings.Contains(lines[len(lines)-1], `"loading"`) {
		t.Errorf("%d lines of the older build, the last one %q", len(lines), lines[len(lines)-1])
	}
}

// Never on production: a changed s3_uri reaches running tasks at the first request, and kills them all.
func TestChangedRowReachesRunningTasks(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *fleetsim.Config) { c.Timing.Failure = 5 * time.Second }) // six of them before the probes notice
	const moved = "s3://data/regions/US/TX/2026/"
	r.files.set(moved, errNoSuchKey)
	r.regions.mu.Lock()
	r.regions.list[1].URI = moved
	r.regions.mu.Unlock()
	r.until("no task is healthy", 15*time.Minute, func(s fleetsim.Snapshot) bool { return s.AllHealthy == 0 })
	old := r.Snapshot().Tasks[:4]
	r.until("a running task dies of it", 10*time.Minute, func(s fleetsim.Snapshot) bool {
		return slices.ContainsFunc(s.Tasks, func(k fleetsim.TaskInfo) bool {
			return k.StopCode == "EssentialContainerExited" && slices.ContainsFunc(old, func(o fleetsim.TaskInfo) bool { return o.ID == k.ID })
		})
	})
	r.files.set(moved, "there after all")
	r.until("all are back", 2*time.Hour, func(s fleetsim.Snapshot) bool { return s.Healthy == 3 && s.AllHealthy == 4 })
}

func TestTargetStates(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	fresh := r.oneMore()
	state := func(asked ...elbtypes.TargetDescription) (string, string) {
		out := must[*elb.DescribeTargetHealthOutput](t)(r.elb.DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: &r.Names.TargetGroupARN, Targets: asked}))
		for _, d := range out.TargetHealthDescriptions {
			if *d.Target.Id == fresh.IP {
				return string(d.TargetHealth.State), string(d.TargetHealth.Reason)
			}
		}
		return "", ""
	}
	want := func(when, wantState, wantReason string) {
		t.Helper()
		if s, reason := state(); s != wantState || reason != wantReason {
			t.Errorf("%s the target is %s, %s; want %s, %s", when, s, reason, wantState, wantReason)
		}
	}
	want("at first", "initial", "Elb.InitialHealthChecking")
	r.pass(2 * time.Minute)
	want("while loading", "unhealthy", "Target.ResponseCodeMismatch")
	r.until("it has loaded everything", 30*time.Minute, func(s fleetsim.Snapshot) bool { return r.served(s)[3].Complete == 4 })
	r.pass(45 * time.Second)
	want("after one or two successful probes", "unhealthy", "Target.ResponseCodeMismatch")
	r.pass(45 * time.Second)
	want("loaded", "healthy", "")
	if err := r.KillTask(fresh.ID, 137); err != nil {
		t.Fatal(err)
	}
	want("killed", "draining", "Target.DeregistrationInProgress")
	r.pass(301 * time.Second)
	want("after the deregistration delay", "", "")
	id := elbtypes.TargetDescription{Id: &fresh.IP, Port: aws.Int32(3005)}
	if s, reason := state(id); s != "unused" || reason != "Target.NotRegistered" {
		t.Errorf("asked for by name: %s, %s", s, reason)
	}
	var missing *elbtypes.TargetGroupNotFoundException
	if _, err := r.elb.DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: aws.String("arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/other/1")}); !errors.As(err, &missing) {
		t.Errorf("error = %v", err)
	}
}
