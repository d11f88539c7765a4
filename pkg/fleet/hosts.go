package fleet

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

type readsHosts interface {
	ListContainerInstances(context.Context, *ecs.ListContainerInstancesInput, ...func(*ecs.Options)) (*ecs.ListContainerInstancesOutput, error)
	DescribeContainerInstances(context.Context, *ecs.DescribeContainerInstancesInput, ...func(*ecs.Options)) (*ecs.DescribeContainerInstancesOutput, error)
}

// idleHosts returns the EC2 instances of the cluster that are known to run no task and to start none.
// An instance that has not registered in the cluster is not known to be idle.
func idleHosts(ctx context.Context, client readsHosts, cluster string) (map[string]bool, error) {
	idle := map[string]bool{}
	pages := ecs.NewListContainerInstancesPaginator(client, &ecs.ListContainerInstancesInput{Cluster: &cluster, Status: ecstypes.ContainerInstanceStatusActive})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list instances of cluster %s: %w", cluster, err)
		}
		for batch := range slices.Chunk(page.ContainerInstanceArns, describable) {
			out, err := client.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{Cluster: &cluster, ContainerInstances: batch})
			if err != nil {
				return nil, fmt.Errorf("describe %d instances of cluster %s: %w", len(batch), cluster, err)
			}
			for _, host := range out.ContainerInstances { // one that failed to be described is not known to be idle
				if aws.ToString(host.Status) == "ACTIVE" && host.RunningTasksCount == 0 && host.PendingTasksCount == 0 {
					idle[aws.ToString(host.Ec2InstanceId)] = true
				}
			}
		}
	}
	return idle, nil
}

// surplus decides which instances go: idle ones in service, in the order of their IDs, no more than there are above
// the wanted capacity. Both the desired capacity and the instances that are not on their way out are counted,
// because one of the two may be stale after a termination whose answer was lost.
func surplus(group asgtypes.AutoScalingGroup, idle map[string]bool, wanted int) []string {
	var candidates []string
	for _, i := range group.Instances {
		id := aws.ToString(i.InstanceId)
		if inService(i) && idle[id] && !aws.ToBool(i.ProtectedFromScaleIn) {
			candidates = append(candidates, id)
		}
	}
	slices.Sort(candidates)
	above := min(int(aws.ToInt32(group.DesiredCapacity)), staying(group)) - wanted
	return candidates[:max(0, min(above, len(candidates)))]
}

// staying counts the instances that are there to fill the desired capacity.
func staying(group asgtypes.AutoScalingGroup) int {
	n := 0
	for _, i := range group.Instances {
		if !leaving(i) {
			n++
		}
	}
	return n
}

// leaving reports whether the group does not count the instance any more.
func leaving(i asgtypes.Instance) bool {
	switch i.LifecycleState {
	case asgtypes.LifecycleStateTerminating, asgtypes.LifecycleStateTerminatingWait, asgtypes.LifecycleStateTerminatingProceed,
		asgtypes.LifecycleStateTerminatingRetained, asgtypes.LifecycleStateTerminated, asgtypes.LifecycleStateDetaching, asgtypes.LifecycleStateDetached,
		asgtypes.LifecycleStateEnteringStandby, asgtypes.LifecycleStateStandby:
		return true
	}
	return false
}
