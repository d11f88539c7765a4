package fleet

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

type readsGroup interface {
	DescribeAutoScalingGroups(context.Context, *autoscaling.DescribeAutoScalingGroupsInput, ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingGroupsOutput, error)
}

// alarmNotification is the one process that the fence suspends: alarms then change the group's size no more.
const alarmNotification = "AlarmNotification"

func describeGroup(ctx context.Context, client readsGroup, name string) (types.AutoScalingGroup, error) {
	out, err := client.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	if err != nil {
		return types.AutoScalingGroup{}, fmt.Errorf("describe group %s: %w", name, err)
	}
	if len(out.AutoScalingGroups) != 1 {
		return types.AutoScalingGroup{}, fmt.Errorf("there is no Auto Scaling group %s; check the setting GROUP", name)
	}
	return out.AutoScalingGroups[0], nil
}

func suspended(g types.AutoScalingGroup, process string) bool {
	return slices.ContainsFunc(g.SuspendedProcesses, func(p types.SuspendedProcess) bool { return aws.ToString(p.ProcessName) == process })
}

func inService(i types.Instance) bool { return i.LifecycleState == types.LifecycleStateInService }
