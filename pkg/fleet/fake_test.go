package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

const (
	testCluster = "ecsStagingCluster"
	testService = "StagingApp_EC2LaunchType"
	testGroup   = "asgStagingContainerInstance"

	testTargetGroup    = "tgStagingApp"
	testTargetGroupARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/tgStagingApp/0123456789abcdef"
)

var surveyTime = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

// account is a small AWS account: one service, one group, one target group. It is steady until something is changed,
// pages are of two, and errors are shaped like the SDK's.
type account struct {
	service   ecstypes.Service
	tasks     []ecstypes.Task
	protected map[string]bool
	refuse    map[string]string // task ARN to the reason of a protection failure
	hosts     []ecstypes.ContainerInstance
	group     asgtypes.AutoScalingGroup
	targets   []elbtypes.TargetHealthDescription
	alarms    []cwtypes.MetricAlarm
	alarmsIn  cloudwatch.DescribeAlarmsInput
	stops     map[string]string // task ARN to the reason

	calls []string
	fail  map[string]error // operation to the error of its next call, before the effect
	lose  map[string]bool  // operations whose next answer is lost after the effect

	entries []journal.Entry
	closed  []string
}

// steady returns an account with n old tasks on n of n hosts, all healthy, in a group of at most 2n+1.
func steady(n int) *account {
	a := &account{
		protected: map[string]bool{}, refuse: map[string]string{}, stops: map[string]string{}, fail: map[string]error{}, lose: map[string]bool{},
		service: ecstypes.Service{ServiceName: aws.String(testService), Status: aws.String("ACTIVE"), DesiredCount: int32(n), RunningCount: int32(n),
			LoadBalancers: []ecstypes.LoadBalancer{{TargetGroupArn: aws.String(testTargetGroupARN), ContainerName: aws.String("app")}},
			Deployments:   []ecstypes.Deployment{{Id: aws.String("ecs-svc/1"), Status: aws.String("PRIMARY"), RolloutState: ecstypes.DeploymentRolloutStateCompleted}}},
		group: asgtypes.AutoScalingGroup{AutoScalingGroupName: aws.String(testGroup), MinSize: aws.Int32(int32(n)), MaxSize: aws.Int32(int32(2*n + 1)), DesiredCapacity: aws.Int32(int32(n))},
	}
	for i := range n {
		a.addTask(i, surveyTime.AddDate(0, 0, -7))
	}
	// The other service's target is in the same group.
	a.targets = append(a.targets, target("10.0.9.9", elbtypes.TargetHealthStateEnumHealthy))
	return a
}

func taskARN(i int) string {
	return fmt.Sprintf("arn:aws:ecs:us-east-1:123456789012:task/%s/%032x", testCluster, i)
}

func hostID(i int) string { return fmt.Sprintf("i-%04d", i) }

func target(ip string, state elbtypes.TargetHealthStateEnum) elbtypes.TargetHealthDescription {
	return elbtypes.TargetHealthDescription{Target: &elbtypes.TargetDescription{Id: aws.String(ip), Port: aws.Int32(3005)}, TargetHealth: &elbtypes.TargetHealth{State: state}}
}

// addTask adds a healthy running task on a host of its own.
func (a *account) addTask(i int, started time.Time) {
	ip := fmt.Sprintf("10.0.0.%d", i)
	a.tasks = append(a.tasks, ecstypes.Task{
		TaskArn: aws.String(taskARN(i)), Group: aws.String("service:" + testService), LastStatus: aws.String("RUNNING"), DesiredStatus: aws.String("RUNNING"),
		CreatedAt: aws.Time(started.Add(-time.Minute)), StartedAt: aws.Time(started),
		Containers: []ecstypes.Container{{Name: aws.String("app")}},
		Attachments: []ecstypes.Attachment{{Type: aws.String("ElasticNetworkInterface"), Details: []ecstypes.KeyValuePair{
			{Name: aws.String("subnetId"), Value: aws.String("subnet-1")}, {Name: aws.String("privateIPv4Address"), Value: aws.String(ip)}}}},
	})
	a.targets = append(a.targets, target(ip, elbtypes.TargetHealthStateEnumHealthy))
	a.addHost(i, 1)
}

func (a *account) addHost(i, tasks int) {
	a.hosts = append(a.hosts, ecstypes.ContainerInstance{ContainerInstanceArn: aws.String("arn:host/" + hostID(i)), Ec2InstanceId: aws.String(hostID(i)),
		Status: aws.String("ACTIVE"), RunningTasksCount: int32(tasks)})
	a.group.Instances = append(a.group.Instances, asgtypes.Instance{InstanceId: aws.String(hostID(i)), LifecycleState: asgtypes.LifecycleStateInService, HealthStatus: aws.String("Healthy")})
}

func (a *account) task(arn string) *ecstypes.Task {
	for i := range a.tasks {
		if aws.ToString(a.tasks[i].TaskArn) == arn {
			return &a.tasks[i]
		}
	}
	return nil
}

func (a *account) setTask(i int, last, desired string) {
	t := a.task(taskARN(i))
	t.LastStatus, t.DesiredStatus = &last, &desired
}

func (a *account) health(i int, state elbtypes.TargetHealthStateEnum) {
	for j := range a.targets {
		if aws.ToString(a.targets[j].Target.Id) == fmt.Sprintf("10.0.0.%d", i) {
			a.targets[j].TargetHealth = &elbtypes.TargetHealth{State: state}
		}
	}
}

func (a *account) count(op string) int {
	n := 0
	for _, c := range a.calls {
		if c == op {
			n++
		}
	}
	return n
}

func (a *account) begin(op string) error {
	a.calls = append(a.calls, op)
	err, failing := a.fail[op]
	if !failing {
		return nil
	}
	delete(a.fail, op)
	return operationError(op, err)
}

func (a *account) end(op string) error {
	if !a.lose[op] {
		return nil
	}
	delete(a.lose, op)
	return operationError(op, &smithyhttp.RequestSendError{Err: io.ErrUnexpectedEOF})
}

func operationError(op string, err error) error {
	var api smithy.APIError
	if errors.As(err, &api) { // there was an answer
		response := &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusBadRequest}}
		err = &smithyhttp.ResponseError{Response: response, Err: err}
	}
	return &smithy.OperationError{ServiceID: "AWS", OperationName: op, Err: err}
}

func page[T any](list []T, token *string) ([]T, *string) {
	from, _ := strconv.Atoi(aws.ToString(token))
	to := min(from+2, len(list))
	if to == len(list) {
		return list[from:to], nil
	}
	return list[from:to], aws.String(strconv.Itoa(to))
}

func (a *account) DescribeServices(_ context.Context, in *ecs.DescribeServicesInput, _ ...func(*ecs.Options)) (*ecs.DescribeServicesOutput, error) {
	if err := a.begin("DescribeServices"); err != nil {
		return nil, err
	}
	if aws.ToString(in.Cluster) != testCluster {
		return nil, operationError("DescribeServices", &ecstypes.ClusterNotFoundException{Message: aws.String("Cluster not found.")})
	}
	if in.Services[0] != aws.ToString(a.service.ServiceName) {
		return &ecs.DescribeServicesOutput{Failures: []ecstypes.Failure{{Arn: aws.String(in.Services[0]), Reason: aws.String("MISSING")}}}, nil
	}
	return &ecs.DescribeServicesOutput{Services: []ecstypes.Service{a.service}}, nil
}

func (a *account) UpdateService(_ context.Context, in *ecs.UpdateServiceInput, _ ...func(*ecs.Options)) (*ecs.UpdateServiceOutput, error) {
	if err := a.begin("UpdateService"); err != nil {
		return nil, err
	}
	a.service.DesiredCount = *in.DesiredCount
	return &ecs.UpdateServiceOutput{Service: &a.service}, a.end("UpdateService")
}

func (a *account) ListTasks(_ context.Context, in *ecs.ListTasksInput, _ ...func(*ecs.Options)) (*ecs.ListTasksOutput, error) {
	if err := a.begin("ListTasks"); err != nil {
		return nil, err
	}
	var arns []string
	for _, t := range a.tasks {
		if aws.ToString(t.Group) == "service:"+aws.ToString(in.ServiceName) && aws.ToString(t.DesiredStatus) == string(in.DesiredStatus) {
			arns = append(arns, *t.TaskArn)
		}
	}
	out, next := page(arns, in.NextToken)
	return &ecs.ListTasksOutput{TaskArns: out, NextToken: next}, nil
}

func (a *account) DescribeTasks(_ context.Context, in *ecs.DescribeTasksInput, _ ...func(*ecs.Options)) (*ecs.DescribeTasksOutput, error) {
	if err := a.begin("DescribeTasks"); err != nil {
		return nil, err
	}
	if len(in.Tasks) == 0 || len(in.Tasks) > 100 {
		return nil, operationError("DescribeTasks", &ecstypes.InvalidParameterException{Message: aws.String("Tasks cannot be empty and have at most 100.")})
	}
	out := &ecs.DescribeTasksOutput{}
	for _, arn := range in.Tasks {
		if t := a.task(arn); t != nil {
			out.Tasks = append(out.Tasks, *t)
		} else {
			out.Failures = append(out.Failures, ecstypes.Failure{Arn: aws.String(arn), Reason: aws.String("MISSING")})
		}
	}
	return out, nil
}

func (a *account) GetTaskProtection(_ context.Context, in *ecs.GetTaskProtectionInput, _ ...func(*ecs.Options)) (*ecs.GetTaskProtectionOutput, error) {
	if err := a.begin("GetTaskProtection"); err != nil {
		return nil, err
	}
	out := &ecs.GetTaskProtectionOutput{}
	for _, arn := range in.Tasks {
		if a.task(arn) == nil {
			out.Failures = append(out.Failures, ecstypes.Failure{Arn: aws.String(arn), Reason: aws.String("MISSING")})
			continue
		}
		out.ProtectedTasks = append(out.ProtectedTasks, ecstypes.ProtectedTask{TaskArn: aws.String(arn), ProtectionEnabled: a.protected[arn]})
	}
	return out, nil
}

func (a *account) UpdateTaskProtection(_ context.Context, in *ecs.UpdateTaskProtectionInput, _ ...func(*ecs.Options)) (*ecs.UpdateTaskProtectionOutput, error) {
	if err := a.begin("UpdateTaskProtection"); err != nil {
		return nil, err
	}
	if len(in.Tasks) > 10 || in.ProtectionEnabled && aws.ToInt32(in.ExpiresInMinutes) == 0 {
		return nil, operationError("UpdateTaskProtection", &ecstypes.InvalidParameterException{Message: aws.String("At most 10 tasks.")})
	}
	out := &ecs.UpdateTaskProtectionOutput{}
	for _, arn := range in.Tasks {
		reason := a.refuse[arn]
		if a.task(arn) == nil {
			reason = "MISSING"
		}
		if reason != "" {
			if reason != "silent" {
				out.Failures = append(out.Failures, ecstypes.Failure{Arn: aws.String(arn), Reason: aws.String(reason)})
			}
			continue
		}
		a.protected[arn] = in.ProtectionEnabled
		out.ProtectedTasks = append(out.ProtectedTasks, ecstypes.ProtectedTask{TaskArn: aws.String(arn), ProtectionEnabled: in.ProtectionEnabled})
	}
	return out, a.end("UpdateTaskProtection")
}

func (a *account) StopTask(_ context.Context, in *ecs.StopTaskInput, _ ...func(*ecs.Options)) (*ecs.StopTaskOutput, error) {
	if err := a.begin("StopTask"); err != nil {
		return nil, err
	}
	a.task(*in.Task).DesiredStatus = aws.String("STOPPED")
	a.stops[*in.Task] = aws.ToString(in.Reason)
	return &ecs.StopTaskOutput{}, a.end("StopTask")
}

func (a *account) ListContainerInstances(_ context.Context, in *ecs.ListContainerInstancesInput, _ ...func(*ecs.Options)) (*ecs.ListContainerInstancesOutput, error) {
	if err := a.begin("ListContainerInstances"); err != nil {
		return nil, err
	}
	var arns []string
	for _, h := range a.hosts {
		if aws.ToString(h.Status) == string(in.Status) {
			arns = append(arns, *h.ContainerInstanceArn)
		}
	}
	out, next := page(arns, in.NextToken)
	return &ecs.ListContainerInstancesOutput{ContainerInstanceArns: out, NextToken: next}, nil
}

func (a *account) DescribeContainerInstances(_ context.Context, in *ecs.DescribeContainerInstancesInput, _ ...func(*ecs.Options)) (*ecs.DescribeContainerInstancesOutput, error) {
	if err := a.begin("DescribeContainerInstances"); err != nil {
		return nil, err
	}
	out := &ecs.DescribeContainerInstancesOutput{}
	for _, h := range a.hosts {
		if slices.Contains(in.ContainerInstances, *h.ContainerInstanceArn) {
			out.ContainerInstances = append(out.ContainerInstances, h)
		}
	}
	return out, nil
}

func (a *account) DescribeTargetHealth(_ context.Context, in *elb.DescribeTargetHealthInput, _ ...func(*elb.Options)) (*elb.DescribeTargetHealthOutput, error) {
	if err := a.begin("DescribeTargetHealth"); err != nil {
		return nil, err
	}
	if aws.ToString(in.TargetGroupArn) != testTargetGroupARN {
		return nil, operationError("DescribeTargetHealth", &elbtypes.TargetGroupNotFoundException{})
	}
	return &elb.DescribeTargetHealthOutput{TargetHealthDescriptions: a.targets}, nil
}

func (a *account) DescribeAlarms(_ context.Context, in *cloudwatch.DescribeAlarmsInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error) {
	if err := a.begin("DescribeAlarms"); err != nil {
		return nil, err
	}
	a.alarmsIn = *in
	return &cloudwatch.DescribeAlarmsOutput{MetricAlarms: a.alarms}, nil
}

// Record keeps an entry; it fails like a store whose bucket cannot be reached.
func (a *account) Record(_ context.Context, run string, e journal.Entry) error {
	if err := a.begin("Record"); err != nil {
		return err
	}
	if !json.Valid(e.Input) || run == "" {
		return errors.New("not an entry")
	}
	a.entries = append(a.entries, e)
	return nil
}

// Close notes a closed step.
func (a *account) Close(_ context.Context, run, step string) error {
	if err := a.begin("Close"); err != nil {
		return err
	}
	a.closed = append(a.closed, run+"/"+step)
	return nil
}

// throttled is what ECS answers above its rate.
var throttled = &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded"}

func wantName(t *testing.T, err error, want fault.Name) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", want)
	}
	if got := lambdarun.Named(err).Type; got != string(want) {
		t.Fatalf("error %s: %v, want %s", got, err, want)
	}
}
