package fleetsim_test

import (
	"context"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
)

// rig is a World with a manual clock, served to the real SDK clients.
type rig struct {
	*fleetsim.World
	t       *testing.T
	clock   *clock
	regions *rows
	files   *contents
	url     string

	ecs  *ecs.Client
	asg  *autoscaling.Client
	elb  *elb.Client
	logs *cloudwatchlogs.Client
	cw   *cloudwatch.Client
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// rows is region_config.
type rows struct {
	mu   sync.Mutex
	list []fleetsim.Region
}

func (r *rows) LiveRegions(context.Context) ([]fleetsim.Region, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]fleetsim.Region(nil), r.list...), nil
}

// contents is what each URI holds: a fingerprint, or an error.
type contents struct {
	mu    sync.Mutex
	byURI map[string]any
}

func (c *contents) Load(_ context.Context, uri string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch v := c.byURI[uri].(type) {
	case error:
		return "", v
	case string:
		return v, nil
	}
	return "old", nil
}

func (c *contents) set(uri string, v any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byURI[uri] = v
}

const (
	texas    = "s3://data/regions/US/TX/2021-08-12T21:42:38.860Z/"
	delaware = "s3://data/regions/US/DE/2021-08-12T21:42:38.860Z/"
	ohio     = "s3://data/regions/US/OH/2021-08-12T21:42:38.860Z/"
	maine    = "s3://data/regions/US/ME/2021-08-12T21:42:38.860Z/"
)

// newRig makes a World of three tasks and four regions. Unless change says otherwise nothing is unreliable.
func newRig(t *testing.T, change func(*fleetsim.Config)) *rig {
	t.Helper()
	r := &rig{
		t:       t,
		clock:   &clock{now: time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)},
		regions: &rows{list: []fleetsim.Region{{"1", delaware, 5 << 20}, {"2", texas, 400 << 20}, {"3", ohio, 200 << 20}, {"4", maine, 20 << 20}}},
		files:   &contents{byURI: map[string]any{}},
	}
	cfg := fleetsim.Config{Usual: 3, Seed: 1, Now: r.clock.Now, Regions: r.regions, Loader: r.files, Faults: &fleetsim.Faults{}}
	if change != nil {
		change(&cfg)
	}
	r.World = fleetsim.New(cfg)
	server := httptest.NewServer(r.Handler())
	t.Cleanup(server.Close)
	r.connect(server.URL)
	r.pass(time.Minute)
	return r
}

func (r *rig) connect(url string) {
	r.url = url
	sdk := aws.Config{
		Region: "us-east-1", BaseEndpoint: &url,
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
		// The standard retryer without its real-time waits.
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}
	r.ecs, r.asg, r.elb = ecs.NewFromConfig(sdk), autoscaling.NewFromConfig(sdk), elb.NewFromConfig(sdk)
	r.logs, r.cw = cloudwatchlogs.NewFromConfig(sdk), cloudwatch.NewFromConfig(sdk)
}

// pass lets time go by.
func (r *rig) pass(d time.Duration) {
	r.clock.add(d)
	r.Advance(r.clock.Now())
}

// until lets time go by in steps of 15 s until the condition holds, at most for limit.
func (r *rig) until(what string, limit time.Duration, holds func(fleetsim.Snapshot) bool) {
	r.t.Helper()
	for waited := time.Duration(0); !holds(r.Snapshot()); waited += 15 * time.Second {
		if waited >= limit {
			r.t.Fatalf("not within %v: %s; the fleet is %+v", limit, what, r.Snapshot())
		}
		r.pass(15 * time.Second)
	}
}

// must fails the test on an error of a call.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (r *rig) setCount(n int32) {
	r.t.Helper()
	must[*ecs.UpdateServiceOutput](r.t)(r.ecs.UpdateService(r.t.Context(), &ecs.UpdateServiceInput{Cluster: &r.Names.Cluster, Service: &r.Names.Service, DesiredCount: &n}))
}

func (r *rig) setGroup(n int32) {
	r.t.Helper()
	must[*autoscaling.SetDesiredCapacityOutput](r.t)(r.asg.SetDesiredCapacity(r.t.Context(), &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: &r.Names.Group, DesiredCapacity: &n}))
}

func (r *rig) fence() {
	r.t.Helper()
	must[*autoscaling.SuspendProcessesOutput](r.t)(r.asg.SuspendProcesses(r.t.Context(), &autoscaling.SuspendProcessesInput{AutoScalingGroupName: &r.Names.Group, ScalingProcesses: []string{"AlarmNotification"}}))
}

func (r *rig) serviceNow() ecstypes.Service {
	r.t.Helper()
	out := must[*ecs.DescribeServicesOutput](r.t)(r.ecs.DescribeServices(r.t.Context(), &ecs.DescribeServicesInput{Cluster: &r.Names.Cluster, Services: []string{r.Names.Service}}))
	if len(out.Services) != 1 {
		r.t.Fatalf("services = %+v", out)
	}
	return out.Services[0]
}

func (r *rig) describe(ids ...string) []ecstypes.Task {
	r.t.Helper()
	return must[*ecs.DescribeTasksOutput](r.t)(r.ecs.DescribeTasks(r.t.Context(), &ecs.DescribeTasksInput{Cluster: &r.Names.Cluster, Tasks: ids})).Tasks
}

// served are the EC2 service's tasks that nobody told to stop.
func (r *rig) served(s fleetsim.Snapshot) []fleetsim.TaskInfo {
	var tasks []fleetsim.TaskInfo
	for _, task := range s.Tasks {
		if task.Service == r.Names.Service && !task.Doomed {
			tasks = append(tasks, task)
		}
	}
	return tasks
}

// raise brings the fleet to 2n+1 instances and tasks, all of them healthy, and returns the old and the new tasks.
func (r *rig) raise() (old, fresh []fleetsim.TaskInfo) {
	r.t.Helper()
	before := r.Snapshot()
	n := int32(before.Group.Max)
	r.setGroup(n)
	r.setCount(n)
	r.until("all tasks healthy", time.Hour, func(s fleetsim.Snapshot) bool { return s.Healthy == int(n) })
	for _, task := range r.served(r.Snapshot()) {
		if task.StartedAt.After(before.At) {
			fresh = append(fresh, task)
		} else {
			old = append(old, task)
		}
	}
	return old, fresh
}
