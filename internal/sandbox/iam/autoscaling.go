package iam

import (
	"errors"
	"strings"
)

// someGroupID stands for the ID that a group's ARN holds, which is not in any call: no policy can name it beforehand.
const someGroupID = "00000000-0000-4000-8000-000000000000"

// autoScalingRequests: what describes has no resource, what changes has the group.
func autoScalingRequests(c call) ([]Request, error) {
	var in struct {
		AutoScalingGroupName string `json:"AutoScalingGroupName"`
		InstanceID           string `json:"InstanceId"`
	}
	action, err := c.bind(&in)
	if err != nil {
		return nil, err
	}
	group := in.AutoScalingGroupName
	switch {
	case strings.HasPrefix(action, "Describe"):
		return on("autoscaling:"+action, "*"), nil
	case action == "TerminateInstanceInAutoScalingGroup":
		if c.GroupOf != nil {
			group = c.GroupOf(in.InstanceID)
		}
	case action != "SetDesiredCapacity" && action != "SuspendProcesses" && action != "ResumeProcesses":
		return nil, unknown(action)
	}
	if group == "" {
		return nil, errors.New("the group of " + action + " is not known")
	}
	return on("autoscaling:"+action, c.arn("autoscaling", "autoScalingGroup:"+someGroupID+":autoScalingGroupName/"+group)), nil
}

func loadBalancingRequests(c call) ([]Request, error) {
	action, err := c.bind(&struct{}{})
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(action, "Describe") {
		return nil, unknown(action)
	}
	return on("elasticloadbalancing:"+action, "*"), nil
}
