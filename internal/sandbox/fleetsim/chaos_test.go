package fleetsim_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
)

// Whatever is done to the fleet in whatever order: the laws of the account hold.
func TestLawsHoldUnderRandomOperations(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		c := &clock{now: time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)}
		data := &contents{byURI: map[string]any{}}
		w := fleetsim.New(fleetsim.Config{Usual: 3, Seed: seed, Now: c.Now, Loader: data, ReservedPercent: 50 + 50*float64(seed%2),
			Regions: &rows{list: []fleetsim.Region{{"1", texas, 400 << 20}, {"2", ohio, 200 << 20}}},
			Timing:  fleetsim.Timing{Load: 5 * time.Minute, HealthGrace: 10 * time.Minute}})
		rng := rand.New(rand.NewPCG(seed, 0))
		before := w.Snapshot()
		for range 120 {
			done := disturb(w, rng, data)
			c.add(time.Duration(rng.Int64N(int64(4 * time.Minute))))
			w.Advance(c.Now())
			after := w.Snapshot()
			if broken := laws(before, after); broken != "" {
				t.Fatalf("seed %d, after %s: %s\nbefore %+v\nafter  %+v", seed, done, broken, before, after)
			}
			before = after
		}
	}
}

// disturb does something to the fleet and says what.
func disturb(w *fleetsim.World, rng *rand.Rand, data *contents) string {
	s := w.Snapshot()
	task := s.Tasks[rng.IntN(len(s.Tasks))]
	what := rng.IntN(9)
	switch what {
	case 0:
		send(w, "AmazonEC2ContainerServiceV20141113.UpdateService", fmt.Sprintf(`{"cluster":"ecsStagingCluster","service":"StagingApp_EC2LaunchType","desiredCount":%d}`, 1+rng.IntN(7)))
	case 1:
		send(w, "", fmt.Sprintf("Action=SetDesiredCapacity&Version=2011-01-01&AutoScalingGroupName=asgStagingContainerInstance&DesiredCapacity=%d", 2+rng.IntN(7)))
	case 2:
		send(w, "AmazonEC2ContainerServiceV20141113.UpdateTaskProtection", fmt.Sprintf(`{"cluster":"ecsStagingCluster","tasks":["%s"],"protectionEnabled":true,"expiresInMinutes":%d}`, task.ID, 1+rng.IntN(60)))
	case 3:
		send(w, "AmazonEC2ContainerServiceV20141113.StopTask", fmt.Sprintf(`{"cluster":"ecsStagingCluster","task":"%s"}`, task.ARN))
	case 4:
		send(w, "", "Action=SuspendProcesses&Version=2011-01-01&AutoScalingGroupName=asgStagingContainerInstance&ScalingProcesses.member.1=AlarmNotification")
	case 5:
		send(w, "", "Action=ResumeProcesses&Version=2011-01-01&AutoScalingGroupName=asgStagingContainerInstance")
	case 6:
		_ = w.KillInstance(task.Instance) // there may be none
	case 7:
		_ = w.KillTask(task.ID, 1) // nor a process
	case 8:
		data.set(ohio, []any{"good", errNoSuchKey}[rng.IntN(2)])
	}
	return fmt.Sprintf("disturbance %d on task %s", what, task.ID)
}

// laws returns the law that is broken, or nothing.
func laws(before, after fleetsim.Snapshot) string {
	g := after.Group
	hosts, healthy := map[string]string{}, 0
	for _, task := range after.Tasks {
		if task.Target == "healthy" && task.Service == "StagingApp_EC2LaunchType" {
			healthy++
		}
		if task.Instance == "" || task.Status == "STOPPED" {
			continue
		}
		if other := hosts[task.Instance]; other != "" {
			return "two tasks on " + task.Instance
		}
		hosts[task.Instance] = task.ID
	}
	for _, task := range before.Tasks {
		for _, now := range after.Tasks {
			if task.ID == now.ID && task.ProtectedUntil.After(after.At) && strings.HasPrefix(now.StoppedReason, "Scaling activity") {
				return "a protected task was scaled in: " + task.ID
			}
		}
	}
	switch {
	case g.Desired < g.Min || g.Desired > g.Max:
		return "the group is outside its limits"
	case healthy != after.Healthy:
		return fmt.Sprintf("%d targets are healthy, and the history says %d", healthy, after.Healthy)
	}
	return ""
}

type noDatabase struct{}

func (noDatabase) LiveRegions(context.Context) ([]fleetsim.Region, error) {
	return nil, errors.New("connect ECONNREFUSED 10.0.3.7:5432")
}

func TestATaskWaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.SetSources(noDatabase{}, r.files)
	fresh := r.oneMore()
	r.pass(5 * time.Minute)
	lines, _ := r.lines(cloudwatchlogs.FilterLogEventsInput{LogStreamNames: []string{"districtbuilder-app/app/" + fresh.ID}})
	if last := lines[len(lines)-1]; !strings.Contains(last, "ECONNREFUSED") && !strings.HasSuffix(last, `Health Check has failed! {"topology":{"status":"down"}}`) {
		t.Errorf("it logs %q", last)
	}
	if s := r.Snapshot(); s.Healthy != 3 {
		t.Errorf("%d healthy: running tasks do not need the database", s.Healthy)
	}
	r.SetSources(r.regions, r.files)
	r.until("it loads", 40*time.Minute, func(s fleetsim.Snapshot) bool { return s.Healthy == 4 })
}
