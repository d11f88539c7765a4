package fleetsim_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/smithy-go"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
)

type manyRegions struct{}

func (manyRegions) LiveRegions(context.Context) ([]fleetsim.Region, error) {
	var list []fleetsim.Region
	for i := range 900 {
		list = append(list, fleetsim.Region{ID: fmt.Sprint(i), URI: fmt.Sprintf("s3://data/regions/US/%03d/2021-08-12T21:42:38.860Z/", i), LayerSize: i << 20})
	}
	return list, nil
}

func TestThrottlingHasTheShapeOfEachProtocol(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *fleetsim.Config) {
		c.Fault = func(string, string, int) fleetsim.Fault { return fleetsim.Throttle }
	})
	calls := map[string]func() error{
		"ThrottlingException ecs": func() error {
			_, err := r.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Services: []string{"x"}})
			return err
		},
		"ThrottlingException logs": func() error {
			_, err := r.logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("x")})
			return err
		},
		"Throttling autoscaling": func() error {
			_, err := r.asg.DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{})
			return err
		},
		"Throttling elb": func() error {
			_, err := r.elb.DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: aws.String("x")})
			return err
		},
		"Throttling cloudwatch": func() error {
			_, err := r.cw.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{})
			return err
		},
	}
	for name, call := range calls {
		var code, service string
		if _, err := fmt.Sscan(name, &code, &service); err != nil {
			t.Fatal(err)
		}
		err := call()
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != code {
			t.Errorf("%s: error = %v, want %s", service, err, code)
		}
	}
	if got := r.Calls("ecs", "DescribeServices"); got != 3 {
		t.Errorf("the client tried %d times", got)
	}
}

func TestEffectHappenedAnswerLost(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]fleetsim.Fault{"with a 500": fleetsim.LostAnswer500, "with a broken connection": fleetsim.LostAnswerDrop} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(c *fleetsim.Config) {
				c.Fault = func(_, action string, n int) fleetsim.Fault {
					if action == "UpdateService" && n <= 3 {
						return fault
					}
					return fleetsim.NoFault
				}
			})
			_, err := r.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: &r.Names.Cluster, Service: &r.Names.Service, DesiredCount: aws.Int32(5)})
			if err == nil || r.Snapshot().Desired != 5 {
				t.Errorf("error = %v, desired %d", err, r.Snapshot().Desired)
			}
			r.setCount(4) // the fourth call is answered
		})
	}
}

func TestNothingHappenedOnErrorAndDrop(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]fleetsim.Fault{"error": fleetsim.Error500, "drop": fleetsim.Drop} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(c *fleetsim.Config) { c.Fault = func(string, string, int) fleetsim.Fault { return fault } })
			_, err := r.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: &r.Names.Cluster, Service: &r.Names.Service, DesiredCount: aws.Int32(5)})
			if err == nil || r.Snapshot().Desired != 3 {
				t.Errorf("error = %v, desired %d", err, r.Snapshot().Desired)
			}
		})
	}
}

func TestReadsAreStaleForSomeSeconds(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *fleetsim.Config) { c.Faults = &fleetsim.Faults{Stale: 5 * time.Second, StaleRate: 0.5} })
	r.setCount(5)
	r.pass(time.Second)
	seen := map[int32]int{}
	for range 60 {
		seen[r.serviceNow().DesiredCount]++
	}
	if seen[3] < 10 || seen[5] < 10 {
		t.Errorf("a second after the change the desired count reads %v", seen)
	}
	r.pass(5 * time.Second)
	for range 60 {
		if got := r.serviceNow().DesiredCount; got != 5 {
			t.Fatalf("six seconds after the change it reads %d", got)
		}
	}
}

// A whole restart in the account as it is by default: throttled, stale and forgetful, and yet the SDK's retries suffice.
func TestMildFaultsAreSurvivable(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		r := newRig(t, func(c *fleetsim.Config) { c.Faults, c.Seed = nil, seed })
		r.fence()
		_, fresh := r.raise()
		r.protect(true, fresh[0].ID, fresh[1].ID, fresh[2].ID)
		r.setCount(3)
		for range 40 {
			r.pass(20 * time.Second)
			r.serviceNow()
			r.lines(cloudwatchlogs.FilterLogEventsInput{})
		}
		for _, s := range r.History() {
			if s.Healthy < 3 {
				t.Errorf("seed %d: %d healthy at %v", seed, s.Healthy, s.At)
			}
		}
	}
}

func TestMuxServesEveryEnvironment(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	production := fleetsim.New(fleetsim.Config{Environment: "Production", Usual: 2, Seed: 2, Now: r.clock.Now, Faults: &fleetsim.Faults{}})
	server := httptest.NewServer(fleetsim.Mux(r.World, production))
	t.Cleanup(server.Close)
	r.connect(server.URL)
	p := production.Names
	must[*ecs.UpdateServiceOutput](t)(r.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: &p.Cluster, Service: &p.Service, DesiredCount: aws.Int32(4)}))
	must[*autoscaling.SetDesiredCapacityOutput](t)(r.asg.SetDesiredCapacity(t.Context(), &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: &p.Group, DesiredCapacity: aws.Int32(5)}))
	if s := production.Snapshot(); s.Desired != 4 || s.Group.Desired != 5 || r.Snapshot().Desired != 3 {
		t.Errorf("production has %d and %d, staging %d", s.Desired, s.Group.Desired, r.Snapshot().Desired)
	}
	health := must[*elb.DescribeTargetHealthOutput](t)(r.elb.DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: &p.TargetGroupARN}))
	if len(health.TargetHealthDescriptions) != 3 {
		t.Errorf("production has %d targets", len(health.TargetHealthDescriptions))
	}
	alarms := must[*cloudwatch.DescribeAlarmsOutput](t)(r.cw.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String("alarmProduction")}))
	if len(alarms.MetricAlarms) != 2 {
		t.Errorf("production has %d alarms", len(alarms.MetricAlarms))
	}
	instance := production.Snapshot().Group.Instances[0].ID
	if err := r.terminate(instance); err != nil {
		t.Errorf("terminate production's %s: %v", instance, err)
	}
	must[*cloudwatchlogs.FilterLogEventsOutput](t)(r.logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &p.LogGroup}))
}

func TestSameSeedSameFleet(t *testing.T) {
	t.Parallel()
	run := func(step time.Duration) string {
		r := newRig(t, nil)
		r.setGroup(7)
		r.setCount(7)
		for begin := r.clock.Now(); r.clock.Now().Sub(begin) < 40*time.Minute; {
			r.pass(step)
		}
		return fmt.Sprint(r.History(), r.Snapshot())
	}
	if run(10*time.Minute) != run(time.Second) {
		t.Error("how often the World is advanced changes what happens")
	}
}

// An hour in which seven tasks and four regions become fifteen tasks.
func BenchmarkHour(b *testing.B) {
	rows := &rows{list: []fleetsim.Region{{"1", delaware, 5 << 20}, {"2", texas, 400 << 20}, {"3", ohio, 200 << 20}, {"4", maine, 20 << 20}}}
	for b.Loop() {
		c := &clock{now: time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)}
		w := fleetsim.New(fleetsim.Config{Usual: 7, Now: c.Now, Regions: rows, Faults: &fleetsim.Faults{Noise: true}})
		send(w, "", "Action=SuspendProcesses&Version=2011-01-01&AutoScalingGroupName=asgStagingContainerInstance")
		send(w, "", "Action=ResumeProcesses&Version=2011-01-01&AutoScalingGroupName=asgStagingContainerInstance&ScalingProcesses.member.1=Launch")
		send(w, "", "Action=SetDesiredCapacity&Version=2011-01-01&AutoScalingGroupName=asgStagingContainerInstance&DesiredCapacity=15")
		send(w, "AmazonEC2ContainerServiceV20141113.UpdateService", `{"cluster":"ecsStagingCluster","service":"StagingApp_EC2LaunchType","desiredCount":15}`)
		c.add(time.Hour)
		w.Advance(c.Now())
		if got := w.Snapshot().Healthy; got != 15 {
			b.Fatalf("%d healthy", got)
		}
	}
}

// send makes one request without a client. The answer may be lost.
func send(w *fleetsim.World, target, body string) {
	defer func() {
		if aborted := recover(); aborted != nil && aborted != http.ErrAbortHandler {
			panic(aborted)
		}
	}()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	w.Handler().ServeHTTP(httptest.NewRecorder(), r)
}
