package main

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/fleet"
)

// targetGroup looks whether the service registers in the group, and whether the group is there.
func (p preflight) targetGroup(ctx context.Context, s *ecstypes.Service) error {
	if s == nil {
		return errNoService
	}
	arn, err := fleet.TargetGroupARN(*s, p.settings.TargetGroup)
	if err != nil {
		return lacks("%v; mend the setting targetGroup", err)
	}
	_, err = p.targets.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &arn})
	if none := new(elbtypes.TargetGroupNotFoundException); errors.As(err, &none) {
		return lacks("the service registers its tasks in it, but it is gone: make it anew, and the service")
	}
	return err
}

// logGroup looks for the very name: the call finds all that begin with it, in the order of their names.
func (p preflight) logGroup(ctx context.Context) error {
	out, err := p.logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &p.settings.LogGroup})
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(out.LogGroups, func(g logtypes.LogGroup) bool { return aws.ToString(g.LogGroupName) == p.settings.LogGroup }) {
		return lacks("there is no such log group; mend the setting logGroup")
	}
	return nil
}
