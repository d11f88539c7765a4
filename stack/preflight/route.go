package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// route looks for the way to a database in another VPC, and back. In the VPC of the functions every subnet has one.
func (p preflight) route(ctx context.Context, n network, to *rdstypes.DBSubnetGroup) error {
	if to == nil {
		return untold("cannot tell its VPC: it has no instance")
	}
	vpc := aws.ToString(to.VpcId)
	if vpc == p.settings.VPC {
		return nil
	}
	var ids []string
	for _, s := range to.Subnets {
		ids = append(ids, aws.ToString(s.SubnetIdentifier))
	}
	there, err := p.networks.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: filter("subnet-id", ids...)})
	if err != nil {
		return err
	}
	flaw, err := p.flawOfWay(ctx, p.settings.VPC, n.subnets, there.Subnets)
	if err == nil && flaw == "" {
		flaw, err = p.flawOfWay(ctx, vpc, there.Subnets, n.subnets)
	}
	if flaw != "" {
		return lacks("it is in %s, and %s; add routes there and back, by a peering connection or a transit gateway", vpc, flaw)
	}
	return err
}

// flawOfWay says which of the subnets of a VPC has no route to which of another's; it is empty if all have.
func (p preflight) flawOfWay(ctx context.Context, vpc string, from, to []ec2types.Subnet) (string, error) {
	tables, err := p.routeTables(ctx, vpc)
	if err != nil {
		return "", err
	}
	for _, f := range from {
		for _, t := range to {
			if flaw := flawOfRoute(tables, aws.ToString(f.SubnetId), aws.ToString(t.CidrBlock)); flaw != "" {
				return aws.ToString(f.SubnetId) + " " + flaw, nil
			}
		}
	}
	return "", nil
}
