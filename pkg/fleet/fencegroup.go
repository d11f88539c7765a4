package fleet

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

// FenceGroupInput is fence-group's input.
type FenceGroupInput struct {
	Origin
	Fenced *bool `json:"fenced"` // required: an absent field must not open the fence
}

// Validate implements lambdarun.Validator.
func (in FenceGroupInput) Validate() error {
	if in.Fenced == nil {
		return errors.New("fenced is missing; expected true or false")
	}
	return in.Origin.validate()
}

// FenceGroupOutput is fence-group's output.
type FenceGroupOutput struct {
	Previous bool `json:"previous"`
	Fenced   bool `json:"fenced"`
	Changed  bool `json:"changed"`
}

type fencesGroup interface {
	readsGroup
	SuspendProcesses(context.Context, *autoscaling.SuspendProcessesInput, ...func(*autoscaling.Options)) (*autoscaling.SuspendProcessesOutput, error)
	ResumeProcesses(context.Context, *autoscaling.ResumeProcessesInput, ...func(*autoscaling.Options)) (*autoscaling.ResumeProcessesOutput, error)
}

// FenceGroup keeps alarms from changing the group's size, or lets them again. An alarm that is in ALARM acts at once
// when the fence opens, and may take a task's host.
type FenceGroup struct {
	Groups  fencesGroup
	Journal closer
	Group   string
}

// Run is fence-group.
func (v FenceGroup) Run(ctx context.Context, in FenceGroupInput) (FenceGroupOutput, error) {
	group, err := describeGroup(ctx, v.Groups, v.Group)
	if err != nil {
		return FenceGroupOutput{}, err
	}
	out := FenceGroupOutput{Previous: suspended(group, alarmNotification), Fenced: *in.Fenced}
	// An inverse is carried out even if nothing seems to need it: the answer may be older than what is undone.
	if out.Changed = out.Previous != out.Fenced; out.Changed || in.Undo {
		if err := v.set(ctx, out.Fenced); err != nil {
			return FenceGroupOutput{}, err
		}
	}
	return out, in.closeStep(ctx, v.Journal, stepFence)
}

// set names the process always: without a list, every process of the group would be suspended or resumed.
func (v FenceGroup) set(ctx context.Context, fenced bool) (err error) {
	processes := []string{alarmNotification}
	if fenced {
		_, err = v.Groups.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: &v.Group, ScalingProcesses: processes})
	} else {
		_, err = v.Groups.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{AutoScalingGroupName: &v.Group, ScalingProcesses: processes})
	}
	if err != nil {
		return fmt.Errorf("set the fence of group %s to %t: %w", v.Group, fenced, err)
	}
	return nil
}
