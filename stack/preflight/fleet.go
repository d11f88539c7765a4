package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

func (p preflight) service(ctx context.Context) error {
	e := p.settings
	out, err := p.services.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &e.Cluster, Services: []string{e.Service}})
	if err != nil {
		return fmt.Errorf("mend the settings cluster and service: %w", err)
	}
	if len(out.Services) != 1 || aws.ToString(out.Services[0].Status) != "ACTIVE" {
		return fmt.Errorf("cluster %s has no such active service; mend the setting service", e.Cluster)
	}
	return nil
}

// firstAgent is the first ECS agent that knows task scale-in protection.
var firstAgent = []int{1, 65, 0}

func (p preflight) agents(ctx context.Context) error {
	listed, err := p.services.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{Cluster: &p.settings.Cluster})
	if err != nil {
		return err
	}
	if len(listed.ContainerInstanceArns) == 0 {
		return fmt.Errorf("the cluster has no instances")
	}
	out, err := p.services.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{
		Cluster: &p.settings.Cluster, ContainerInstances: listed.ContainerInstanceArns})
	if err != nil {
		return err
	}
	for _, i := range out.ContainerInstances {
		if i.VersionInfo == nil || slices.Compare(numbers(aws.ToString(i.VersionInfo.AgentVersion)), firstAgent) < 0 {
			return fmt.Errorf("%s has an agent older than 1.65.0, which knows no task protection: replace the instance by one of a newer image",
				aws.ToString(i.Ec2InstanceId))
		}
	}
	return nil
}

// numbers reads a version; what is not a number counts as 0.
func numbers(version string) []int {
	var found []int
	for part := range strings.SplitSeq(version, ".") {
		n, _ := strconv.Atoi(part)
		found = append(found, n)
	}
	return found
}

func (p preflight) group(ctx context.Context) error {
	out, err := p.groups.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{p.settings.Group}})
	if err == nil && len(out.AutoScalingGroups) == 0 {
		return fmt.Errorf("there is no such Auto Scaling group; mend the setting group")
	}
	return err
}

func (p preflight) targetGroup(ctx context.Context) error {
	if _, err := p.targets.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &p.settings.TargetGroupARN}); err != nil {
		return fmt.Errorf("mend the setting targetGroupArn: %w", err)
	}
	return nil
}

func (p preflight) logGroup(ctx context.Context) error {
	out, err := p.logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &p.settings.LogGroup})
	if err != nil {
		return err
	}
	for _, g := range out.LogGroups {
		if aws.ToString(g.LogGroupName) == p.settings.LogGroup {
			return nil
		}
	}
	return fmt.Errorf("there is no such log group; mend the setting logGroup")
}
