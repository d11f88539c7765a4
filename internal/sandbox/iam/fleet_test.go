package iam

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

func TestRequestsOfTheFleet(t *testing.T) {
	t.Parallel()
	c, group := aws.String("c"), "arn:aws:autoscaling:us-east-1:111122223333:autoScalingGroup:00000000-0000-4000-8000-000000000000:autoScalingGroupName/asgStaging"
	name := aws.String("asgStaging")
	runRequestCases(t, []requestCase{
		{"describe tasks", onECS(func(ctx context.Context, e *ecs.Client) error {
			return failed(e.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: c, Tasks: []string{"t1", task + "t2"}}))
		}), []string{"ecs:DescribeTasks " + task + "t1" + inC, "ecs:DescribeTasks " + task + "t2" + inC}},
		{"stop a task of a cluster given by ARN", onECS(func(ctx context.Context, e *ecs.Client) error {
			return failed(e.StopTask(ctx, &ecs.StopTaskInput{Cluster: aws.String(cluster), Task: aws.String("t1")}))
		}), []string{"ecs:StopTask " + task + "t1" + inC}},
		{"list tasks of a service", onECS(func(ctx context.Context, e *ecs.Client) error {
			return failed(e.ListTasks(ctx, &ecs.ListTasksInput{Cluster: c, ServiceName: aws.String("s")}))
		}), []string{"ecs:ListTasks *" + inC}},
		{"list tasks of a container instance", onECS(func(ctx context.Context, e *ecs.Client) error {
			return failed(e.ListTasks(ctx, &ecs.ListTasksInput{Cluster: c, ContainerInstance: aws.String("h")}))
		}), []string{"ecs:ListTasks arn:aws:ecs:us-east-1:111122223333:container-instance/c/h" + inC}},
		{"the default cluster", onECS(func(ctx context.Context, e *ecs.Client) error {
			return failed(e.ListTasks(ctx, &ecs.ListTasksInput{}))
		}), []string{"ecs:ListTasks * ecs:cluster=arn:aws:ecs:us-east-1:111122223333:cluster/default"}},
		{"describe services", onECS(func(ctx context.Context, e *ecs.Client) error {
			return failed(e.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: c, Services: []string{"s"}}))
		}), []string{"ecs:DescribeServices arn:aws:ecs:us-east-1:111122223333:service/c/s" + inC}},
		{"update a service", onECS(func(ctx context.Context, e *ecs.Client) error {
			return failed(e.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: c, Service: aws.String("s"), DesiredCount: aws.Int32(3)}))
		}), []string{"ecs:UpdateService arn:aws:ecs:us-east-1:111122223333:service/c/s" + inC}},
		{"protect", onECS(func(ctx context.Context, e *ecs.Client) error {
			return failed(e.UpdateTaskProtection(ctx, &ecs.UpdateTaskProtectionInput{Cluster: c, Tasks: []string{"t1"}, ProtectionEnabled: true}))
		}), []string{"ecs:UpdateTaskProtection " + task + "t1" + inC}},
		{"see protection", onECS(func(ctx context.Context, e *ecs.Client) error {
			return failed(e.GetTaskProtection(ctx, &ecs.GetTaskProtectionInput{Cluster: c, Tasks: []string{"t1"}}))
		}), []string{"ecs:GetTaskProtection " + task + "t1" + inC}},
		{"list hosts", onECS(func(ctx context.Context, e *ecs.Client) error {
			return failed(e.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{Cluster: c}))
		}), []string{"ecs:ListContainerInstances " + cluster}},
		{"describe hosts", onECS(func(ctx context.Context, e *ecs.Client) error {
			return failed(e.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{Cluster: c, ContainerInstances: []string{"h"}}))
		}), []string{"ecs:DescribeContainerInstances arn:aws:ecs:us-east-1:111122223333:container-instance/c/h" + inC}},
		{"describe groups", onGroups(func(ctx context.Context, g *autoscaling.Client) error {
			return failed(g.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"asgStaging"}}))
		}), []string{"autoscaling:DescribeAutoScalingGroups *"}},
		{"desired capacity", onGroups(func(ctx context.Context, g *autoscaling.Client) error {
			return failed(g.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: name, DesiredCapacity: aws.Int32(2)}))
		}), []string{"autoscaling:SetDesiredCapacity " + group}},
		{"suspend", onGroups(func(ctx context.Context, g *autoscaling.Client) error {
			return failed(g.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: name}))
		}), []string{"autoscaling:SuspendProcesses " + group}},
		{"resume", onGroups(func(ctx context.Context, g *autoscaling.Client) error {
			return failed(g.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{AutoScalingGroupName: name}))
		}), []string{"autoscaling:ResumeProcesses " + group}},
		{"terminate an instance: the call does not name the group", onGroups(func(ctx context.Context, g *autoscaling.Client) error {
			return failed(g.TerminateInstanceInAutoScalingGroup(ctx, &autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceId: aws.String("i-1"), ShouldDecrementDesiredCapacity: aws.Bool(true)}))
		}), []string{"autoscaling:TerminateInstanceInAutoScalingGroup " + group}},
		{"terminate an instance of no group", onGroups(func(ctx context.Context, g *autoscaling.Client) error {
			return failed(g.TerminateInstanceInAutoScalingGroup(ctx, &autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceId: aws.String("i-2"), ShouldDecrementDesiredCapacity: aws.Bool(true)}))
		}), nil},
		{"delete a group is not known", onGroups(func(ctx context.Context, g *autoscaling.Client) error {
			return failed(g.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: name}))
		}), nil},
		{"target health", func(ctx context.Context, config aws.Config) error {
			return failed(elasticloadbalancingv2.NewFromConfig(config).DescribeTargetHealth(ctx, &elasticloadbalancingv2.DescribeTargetHealthInput{TargetGroupArn: aws.String("arn")}))
		}, []string{"elasticloadbalancing:DescribeTargetHealth *"}},
		{"logs", func(ctx context.Context, config aws.Config) error {
			return failed(cloudwatchlogs.NewFromConfig(config).FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("/a/b")}))
		}, []string{"logs:FilterLogEvents arn:aws:logs:us-east-1:111122223333:log-group:/a/b:log-stream:"}},
		{"logs by ARN", func(ctx context.Context, config aws.Config) error {
			return failed(cloudwatchlogs.NewFromConfig(config).FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupIdentifier: aws.String("arn:aws:logs:us-east-1:111122223333:log-group:/a/b")}))
		}, []string{"logs:FilterLogEvents arn:aws:logs:us-east-1:111122223333:log-group:/a/b:log-stream:"}},
		{"alarms by prefix", func(ctx context.Context, config aws.Config) error {
			return failed(cloudwatch.NewFromConfig(config).DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String("p")}))
		}, []string{"cloudwatch:DescribeAlarms arn:aws:cloudwatch:us-east-1:111122223333:alarm:*"}},
		{"alarms by name", func(ctx context.Context, config aws.Config) error {
			return failed(cloudwatch.NewFromConfig(config).DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"x"}}))
		}, []string{"cloudwatch:DescribeAlarms arn:aws:cloudwatch:us-east-1:111122223333:alarm:x"}},
	})
}
