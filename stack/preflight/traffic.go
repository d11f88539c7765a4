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
)

// targetGroup looks whether the group is there, and whether the service registers in it.
func (p preflight) targetGroup(ctx context.Context, s *ecstypes.Service) error {
	arn := p.settings.TargetGroupARN
	_, err := p.targets.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &arn})
	var none *elbtypes.TargetGroupNotFoundException
	switch {
	case errors.As(err, &none):
		return lacks("there is no such target group; mend the setting targetGroupArn")
	case err != nil:
		return err
	case s == nil:
		return errNoService
	}
	if !slices.ContainsFunc(s.LoadBalancers, func(l ecstypes.LoadBalancer) bool { return aws.ToString(l.TargetGroupArn) == arn }) {
		return lacks("the service %s registers nothing in it; mend the setting targetGroupArn", p.settings.Service)
	}
	return nil
}

func (p preflight) loadBalancer(ctx context.Context) error {
	arn := "arn:aws:elasticloadbalancing:" + p.settings.Region + ":" + p.settings.Account + ":loadbalancer/" + p.settings.LoadBalancer
	_, err := p.targets.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{arn}})
	var none *elbtypes.LoadBalancerNotFoundException
	if errors.As(err, &none) {
		return lacks("there is no such load balancer; mend the setting loadBalancer, or leave it out")
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
