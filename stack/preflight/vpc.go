package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// vpc looks at what the VPC does with names. It tells whether hosts have some, as far as it could look.
// https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
func (p preflight) vpc(ctx context.Context) (nameless bool, err error) {
	id := p.settings.VPC
	out, err := p.networks.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: filter("vpc-id", id)})
	switch {
	case err != nil:
		return false, err
	case len(out.Vpcs) == 0:
		return false, lacks("there is no such VPC in %s; mend the setting vpc", p.settings.Region)
	}
	support, err := p.attribute(ctx, ec2types.VpcAttributeNameEnableDnsSupport)
	if err != nil {
		return false, err
	}
	names, err := p.attribute(ctx, ec2types.VpcAttributeNameEnableDnsHostnames)
	const run = "run: aws ec2 modify-vpc-attribute --vpc-id %s --enable-dns-%s"
	switch {
	case err != nil:
		return false, err
	case !support:
		return false, lacks("its DNS support is off, so the database's name does not resolve; "+run, id, "support")
	case !names:
		return true, beware("DNS host names are off: no endpoint can have private DNS, a public database no private address; "+run, id, "hostnames")
	}
	return false, nil
}

// attribute tells whether the VPC has one of the two that are for DNS.
func (p preflight) attribute(ctx context.Context, name ec2types.VpcAttributeName) (bool, error) {
	out, err := p.networks.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: &p.settings.VPC, Attribute: name})
	if err != nil {
		return false, err
	}
	on := func(v *ec2types.AttributeBooleanValue) bool { return v != nil && aws.ToBool(v.Value) }
	return on(out.EnableDnsSupport) || on(out.EnableDnsHostnames), nil
}
