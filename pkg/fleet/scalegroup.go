package fleet

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/smithy-go"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

// ScaleGroupInput is scale-group's input.
type ScaleGroupInput struct {
	Origin
	Desired *int `json:"desired,omitempty"` // absent: the group's maximum
}

// Validate implements lambdarun.Validator.
func (in ScaleGroupInput) Validate() error {
	if in.Desired != nil && (*in.Desired < 1 || *in.Desired > 1000) {
		return errors.New("desired: expected an instance count of 1 to 1000, or none for the group's maximum")
	}
	return in.Origin.validate()
}

// ScaleGroupOutput is scale-group's output.
type ScaleGroupOutput struct {
	Previous int    `json:"previous"`
	Desired  int    `json:"desired"` // the group's desired capacity now
	Changed  bool   `json:"changed"`
	Done     bool   `json:"done"`          // false: instances with tasks keep the group above the wanted capacity
	Why      string `json:"why,omitempty"` // while it is not done
}

type scalesGroup interface {
	readsGroup
	SetDesiredCapacity(context.Context, *autoscaling.SetDesiredCapacityInput, ...func(*autoscaling.Options)) (*autoscaling.SetDesiredCapacityOutput, error)
	TerminateInstanceInAutoScalingGroup(context.Context, *autoscaling.TerminateInstanceInAutoScalingGroupInput, ...func(*autoscaling.Options)) (*autoscaling.TerminateInstanceInAutoScalingGroupOutput, error)
}

// ScaleGroup sets the group's desired capacity. It lowers it by terminating instances that run no task, one by one:
// a lower desired capacity would let the termination policy choose, and it may choose a host of healthy tasks.
type ScaleGroup struct {
	Groups  scalesGroup
	Hosts   readsHosts
	Journal closer
	Group   string
	Cluster string
}

// Run is scale-group.
func (v ScaleGroup) Run(ctx context.Context, in ScaleGroupInput) (ScaleGroupOutput, error) {
	group, err := describeGroup(ctx, v.Groups, v.Group)
	if err != nil {
		return ScaleGroupOutput{}, err
	}
	wanted, err := withinLimits(group, in.Desired)
	if err != nil {
		return ScaleGroupOutput{}, err
	}
	previous := int(aws.ToInt32(group.DesiredCapacity))
	out := ScaleGroupOutput{Previous: previous, Desired: previous, Done: true}
	switch {
	case wanted > previous:
		err = v.raise(ctx, wanted)
		out.Desired, out.Changed = wanted, true
	case wanted < previous:
		out, err = v.lower(ctx, group, wanted)
	}
	if err != nil || !out.Done {
		return out, err
	}
	return out, in.closeStep(ctx, v.Journal, stepGroup)
}

// withinLimits returns the capacity that is wanted.
func withinLimits(group types.AutoScalingGroup, desired *int) (int, error) {
	low, high := int(aws.ToInt32(group.MinSize)), int(aws.ToInt32(group.MaxSize))
	if desired == nil {
		return high, nil
	}
	if *desired < low || *desired > high {
		return 0, fault.New(fault.OutsideGroupLimits, "a desired capacity of %d is outside the limits of group %s, %d to %d",
			*desired, aws.ToString(group.AutoScalingGroupName), low, high)
	}
	return *desired, nil
}

// raise does not honour the cooldown: after an alarm's action it would be refused for as long as tasks load.
func (v ScaleGroup) raise(ctx context.Context, wanted int) error {
	_, err := v.Groups.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{
		AutoScalingGroupName: &v.Group, DesiredCapacity: aws.Int32(int32(wanted)), HonorCooldown: aws.Bool(false)})
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "ValidationError" { // it has no Go type; the limits changed meanwhile
		return fault.New(fault.OutsideGroupLimits, "raise group %s to %d: %w", v.Group, wanted, err)
	}
	if err != nil {
		return fmt.Errorf("raise group %s to %d: %w", v.Group, wanted, err)
	}
	return nil
}

// lower terminates as many idle instances as there are above the wanted capacity. Each call counts anew, so a
// repeated one takes no instance too many; and it chooses in the same order, so one that reads a stale group asks
// for the instance that is on its way already.
func (v ScaleGroup) lower(ctx context.Context, group types.AutoScalingGroup, wanted int) (ScaleGroupOutput, error) {
	previous := int(aws.ToInt32(group.DesiredCapacity))
	out := ScaleGroupOutput{Previous: previous, Desired: previous}
	hosts, err := idleHosts(ctx, v.Hosts, v.Cluster)
	if err != nil {
		return out, err
	}
	for _, id := range surplus(group, hosts, wanted) {
		_, err := v.Groups.TerminateInstanceInAutoScalingGroup(ctx, &autoscaling.TerminateInstanceInAutoScalingGroupInput{
			InstanceId: aws.String(id), ShouldDecrementDesiredCapacity: aws.Bool(true)})
		if err != nil {
			return out, fmt.Errorf("terminate idle instance %s of group %s: %w", id, v.Group, err)
		}
		out.Desired--
		out.Changed = true
	}
	if out.Done = out.Desired <= wanted; !out.Done {
		out.Why = v.whyAbove(group, out.Desired, wanted)
	}
	return out, nil
}

func (v ScaleGroup) whyAbove(group types.AutoScalingGroup, desired, wanted int) string {
	text := fmt.Sprintf("group %s is at %d instead of %d: ", v.Group, desired, wanted)
	if staying(group) < int(aws.ToInt32(group.DesiredCapacity)) {
		return text + "instances are still to be launched; each goes once it is there and idle. If EC2 has none to give, lower the desired capacity by hand"
	}
	return text + "the other instances run tasks, are protected, or are not registered in the cluster yet"
}
