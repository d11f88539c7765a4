package main

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// errNoService ends a check that needs the service's description.
var errNoService = untold("cannot tell before the service is found")

// service describes the service that a restart is of; nil with an error.
func (p preflight) service(ctx context.Context) (*ecstypes.Service, error) {
	found, there, err := p.describeService(ctx, p.settings.Services.EC2)
	switch {
	case err != nil:
		return nil, err
	case !there:
		return nil, lacks("there is no cluster %s; mend the setting cluster", p.settings.Cluster)
	case found == nil:
		return nil, lacks("cluster %s has no such active service; mend the setting services.ec2", p.settings.Cluster)
	}
	return found, nil
}

// fargate looks at the service that a restart leaves alone.
func (p preflight) fargate(ctx context.Context) error {
	found, there, err := p.describeService(ctx, p.settings.Services.Fargate)
	switch {
	case err != nil:
		return err
	case !there:
		return untold("cannot tell before the cluster is found")
	case found == nil:
		return beware("cluster %s has no such active service; mend the setting services.fargate", p.settings.Cluster)
	}
	if n := max(found.RunningCount+found.PendingCount, found.DesiredCount); n > 0 {
		return beware("a restart leaves its tasks (%d) alone, and they keep the old data: see README.md, update-regions", n)
	}
	return nil
}

// describeService returns nil if the service is not active, and whether its cluster is there.
func (p preflight) describeService(ctx context.Context, name string) (found *ecstypes.Service, cluster bool, err error) {
	out, err := p.services.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &p.settings.Cluster, Services: []string{name}})
	var none *ecstypes.ClusterNotFoundException
	switch {
	case errors.As(err, &none):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	case len(out.Services) != 1 || aws.ToString(out.Services[0].Status) != "ACTIVE":
		return nil, true, nil
	}
	return &out.Services[0], true, nil
}

// container holds the setting against what the service registers with the target group.
func (p preflight) container(s *ecstypes.Service) error {
	if s == nil {
		return errNoService
	}
	var names []string
	for _, l := range s.LoadBalancers {
		names = append(names, aws.ToString(l.ContainerName))
	}
	if !slices.Contains(names, p.settings.Container) {
		return lacks("the service's target is the container %s; mend the setting container", strings.Join(names, ", "))
	}
	return nil
}

// firstAgent is the first ECS agent that knows task scale-in protection.
var firstAgent = []int{1, 65, 0}

func (p preflight) agents(ctx context.Context) error {
	instances, err := p.instances(ctx)
	if err != nil {
		return err
	}
	if len(instances) == 0 {
		return lacks("the cluster has no instances; see that group %s launches some that join it", p.settings.Group)
	}
	var old []string
	for _, i := range instances {
		if i.VersionInfo == nil || slices.Compare(numbers(aws.ToString(i.VersionInfo.AgentVersion)), firstAgent) < 0 {
			old = append(old, aws.ToString(i.Ec2InstanceId))
		}
	}
	if old != nil {
		return lacks("older than 1.65.0, which knows no task protection: replace by instances of a newer image: %s", strings.Join(old, ", "))
	}
	return nil
}

// instances describes those of the cluster, a hundred at a time, which is as many as either call takes.
func (p preflight) instances(ctx context.Context) ([]ecstypes.ContainerInstance, error) {
	var found []ecstypes.ContainerInstance
	pages := ecs.NewListContainerInstancesPaginator(p.services, &ecs.ListContainerInstancesInput{Cluster: &p.settings.Cluster})
	for pages.HasMorePages() {
		listed, err := pages.NextPage(ctx)
		var none *ecstypes.ClusterNotFoundException
		if errors.As(err, &none) {
			return nil, lacks("there is no such cluster; mend the setting cluster")
		}
		if err != nil {
			return nil, err
		}
		if len(listed.ContainerInstanceArns) == 0 {
			continue
		}
		out, err := p.services.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{
			Cluster: &p.settings.Cluster, ContainerInstances: listed.ContainerInstanceArns})
		if err != nil {
			return nil, err
		}
		found = append(found, out.ContainerInstances...)
	}
	return found, nil
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
		return lacks("there is no such Auto Scaling group; mend the setting group")
	}
	return err
}
