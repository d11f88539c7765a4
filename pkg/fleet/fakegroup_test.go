package fleet

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/smithy-go"
)

func (a *account) DescribeAutoScalingGroups(_ context.Context, in *autoscaling.DescribeAutoScalingGroupsInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
	if err := a.begin("DescribeAutoScalingGroups"); err != nil {
		return nil, err
	}
	out := &autoscaling.DescribeAutoScalingGroupsOutput{}
	if in.AutoScalingGroupNames[0] == testGroup {
		group := a.group
		group.Instances, group.SuspendedProcesses = slices.Clone(group.Instances), slices.Clone(group.SuspendedProcesses)
		out.AutoScalingGroups = append(out.AutoScalingGroups, group)
	}
	return out, nil
}

func (a *account) SuspendProcesses(_ context.Context, in *autoscaling.SuspendProcessesInput, _ ...func(*autoscaling.Options)) (*autoscaling.SuspendProcessesOutput, error) {
	if err := a.begin("SuspendProcesses"); err != nil {
		return nil, err
	}
	processes := in.ScalingProcesses
	if len(processes) == 0 {
		processes = []string{"Launch", "Terminate", alarmNotification}
	}
	for _, p := range processes {
		a.group.SuspendedProcesses = append(a.group.SuspendedProcesses, asgtypes.SuspendedProcess{ProcessName: aws.String(p)})
	}
	return &autoscaling.SuspendProcessesOutput{}, a.end("SuspendProcesses")
}

func (a *account) ResumeProcesses(_ context.Context, in *autoscaling.ResumeProcessesInput, _ ...func(*autoscaling.Options)) (*autoscaling.ResumeProcessesOutput, error) {
	if err := a.begin("ResumeProcesses"); err != nil {
		return nil, err
	}
	a.group.SuspendedProcesses = slices.DeleteFunc(a.group.SuspendedProcesses, func(p asgtypes.SuspendedProcess) bool {
		return len(in.ScalingProcesses) == 0 || slices.Contains(in.ScalingProcesses, *p.ProcessName)
	})
	return &autoscaling.ResumeProcessesOutput{}, a.end("ResumeProcesses")
}

func (a *account) SetDesiredCapacity(_ context.Context, in *autoscaling.SetDesiredCapacityInput, _ ...func(*autoscaling.Options)) (*autoscaling.SetDesiredCapacityOutput, error) {
	if err := a.begin("SetDesiredCapacity"); err != nil {
		return nil, err
	}
	if aws.ToBool(in.HonorCooldown) {
		return nil, operationError("SetDesiredCapacity", &asgtypes.ScalingActivityInProgressFault{})
	}
	if *in.DesiredCapacity > *a.group.MaxSize {
		return nil, operationError("SetDesiredCapacity", &smithy.GenericAPIError{Code: "ValidationError", Message: "New SetDesiredCapacity value is above max value for the AutoScalingGroup."})
	}
	if *in.DesiredCapacity < *a.group.DesiredCapacity {
		panic("the policy would choose the victim")
	}
	a.group.DesiredCapacity = in.DesiredCapacity
	return &autoscaling.SetDesiredCapacityOutput{}, a.end("SetDesiredCapacity")
}

func (a *account) TerminateInstanceInAutoScalingGroup(_ context.Context, in *autoscaling.TerminateInstanceInAutoScalingGroupInput, _ ...func(*autoscaling.Options)) (*autoscaling.TerminateInstanceInAutoScalingGroupOutput, error) {
	const op = "TerminateInstanceInAutoScalingGroup"
	if err := a.begin(op); err != nil {
		return nil, err
	}
	for i := range a.group.Instances {
		instance := &a.group.Instances[i]
		if *instance.InstanceId != *in.InstanceId {
			continue
		}
		if instance.LifecycleState == asgtypes.LifecycleStateTerminating {
			return nil, operationError(op, &asgtypes.ScalingActivityInProgressFault{})
		}
		instance.LifecycleState = asgtypes.LifecycleStateTerminating
		if *in.ShouldDecrementDesiredCapacity {
			a.group.DesiredCapacity = aws.Int32(*a.group.DesiredCapacity - 1)
		}
	}
	return &autoscaling.TerminateInstanceInAutoScalingGroupOutput{}, a.end(op)
}
