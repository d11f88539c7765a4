package main

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// network is where the SQL functions are put: subnets of the VPC that the settings name.
type network struct {
	subnets []ec2types.Subnet // none if they are not as the settings say
	// nameless says that hosts have no DNS names in the VPC, so that no endpoint can have private DNS.
	nameless bool
}

// errNoSubnets ends a check that needs the subnets.
var errNoSubnets = untold("cannot tell before the subnets are found")

// describeSubnets returns the subnets, or none and an error. There may be an error beside them.
func (p preflight) describeSubnets(ctx context.Context) ([]ec2types.Subnet, error) {
	out, err := p.networks.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: filter("subnet-id", p.settings.Subnets...)})
	if err != nil {
		return nil, err
	}
	var gone, elsewhere, full, zones []string
	for _, id := range p.settings.Subnets {
		i := slices.IndexFunc(out.Subnets, func(s ec2types.Subnet) bool { return aws.ToString(s.SubnetId) == id })
		if i < 0 {
			gone = append(gone, id)
			continue
		}
		s := out.Subnets[i]
		zones = add(zones, aws.ToString(s.AvailabilityZone))
		if vpc := aws.ToString(s.VpcId); vpc != p.settings.VPC {
			elsewhere = append(elsewhere, id+" is in "+vpc)
		}
		if aws.ToInt32(s.AvailableIpAddressCount) == 0 {
			full = append(full, id)
		}
	}
	switch {
	case gone != nil:
		return nil, lacks("there is no %s; mend the setting subnets", strings.Join(gone, ", "))
	case len(elsewhere) == len(p.settings.Subnets):
		return nil, lacks("%s, none in %s; mend the setting vpc, or subnets", strings.Join(elsewhere, ", "), p.settings.VPC)
	case elsewhere != nil:
		return nil, lacks("%s, not in %s; mend the setting subnets", strings.Join(elsewhere, ", "), p.settings.VPC)
	case full != nil:
		return out.Subnets, lacks("%s has no free address for the functions; take another", strings.Join(full, ", "))
	case len(zones) == 1:
		return out.Subnets, beware("all in %s: without that zone no update is possible; add one of another zone", zones[0])
	}
	return out.Subnets, nil
}

// securityGroup looks at the functions' own group: where it is, and what it lets out.
func (p preflight) securityGroup(ctx context.Context) error {
	groups, err := p.describeGroups(ctx, p.settings.SecurityGroup)
	switch {
	case err != nil:
		return err
	case len(groups) == 0:
		return lacks("there is no such group; mend the setting securityGroup")
	}
	g := groups[0]
	if vpc := aws.ToString(g.VpcId); vpc != p.settings.VPC {
		return lacks("it is in %s, not in %s; mend the setting securityGroup, or vpc", vpc, p.settings.VPC)
	}
	for _, port := range p.ports() {
		if len(opening(g.IpPermissionsEgress, port)) == 0 {
			return lacks("it lets nothing out to port %d; add that rule: see docs/deploying.md, section 4", port)
		}
	}
	return nil
}

// ports are those that the SQL functions connect to.
func (p preflight) ports() []int {
	ports := []int{p.settings.Database.Port}
	if d := p.settings.Other.Database; d != nil {
		ports = add(ports, d.Port)
	}
	if len(p.secretARNs()) > 0 || p.settings.Other.RegionsURL != "" {
		ports = add(ports, https)
	}
	return ports
}

// wayToSecrets looks for an endpoint, and without one for a way to the internet. An endpoint with private DNS takes all
// calls of the VPC to itself, so there no other way helps if it refuses them.
func (p preflight) wayToSecrets(ctx context.Context, n network) error {
	if n.subnets == nil {
		return errNoSubnets
	}
	out, err := p.networks.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: slices.Concat(
		filter("vpc-id", p.settings.VPC), filter("service-name", "com.amazonaws."+p.settings.Region+".secretsmanager"))})
	if err != nil {
		return err
	}
	for _, e := range out.VpcEndpoints {
		if !strings.EqualFold(string(e.State), string(ec2types.StateAvailable)) || !aws.ToBool(e.PrivateDnsEnabled) || n.nameless {
			continue
		}
		var ids []string
		for _, g := range e.Groups {
			ids = append(ids, aws.ToString(g.GroupId))
		}
		admitted, err := p.admitted(ctx, n, ids, https)
		if err == nil && !admitted {
			return lacks("the endpoint's %s lets nothing of %s in at port %d; add that rule", strings.Join(ids, ", "), p.settings.SecurityGroup, https)
		}
		return err
	}
	flaw, err := p.flawOfWayOut(ctx)
	if flaw != "" {
		return lacks("there is no endpoint whose private DNS works, and %s: see docs/deploying.md, section 4", flaw)
	}
	return err
}

// wayOut looks for a way to the internet.
func (p preflight) wayOut(ctx context.Context, n network) error {
	if n.subnets == nil {
		return errNoSubnets
	}
	flaw, err := p.flawOfWayOut(ctx)
	if flaw != "" {
		return lacks("%s: see docs/deploying.md, section 4", flaw)
	}
	return err
}

// flawOfWayOut says which subnet has no way to the internet that functions can use; it is empty if all have one.
func (p preflight) flawOfWayOut(ctx context.Context) (string, error) {
	tables, err := p.routeTables(ctx, p.settings.VPC)
	if err != nil {
		return "", err
	}
	for _, id := range p.settings.Subnets {
		if flaw := flawOfDefaultRoute(tables, id); flaw != "" {
			return id + " " + flaw, nil
		}
	}
	return "", nil
}

func (p preflight) routeTables(ctx context.Context, vpc string) ([]ec2types.RouteTable, error) {
	out, err := p.networks.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: filter("vpc-id", vpc)})
	if err != nil {
		return nil, err
	}
	return out.RouteTables, nil
}

// admitted tells whether one of the groups lets the functions in.
func (p preflight) admitted(ctx context.Context, n network, groups []string, port int) (bool, error) {
	described, err := p.describeGroups(ctx, groups...)
	if err != nil {
		return false, err
	}
	var rules []ec2types.IpPermission
	for _, g := range described {
		rules = append(rules, g.IpPermissions...)
	}
	return admits(opening(rules, port), p.settings.SecurityGroup, n.subnets), nil
}

// describeGroups leaves out those that are not there, as a filter does.
func (p preflight) describeGroups(ctx context.Context, ids ...string) ([]ec2types.SecurityGroup, error) {
	out, err := p.networks.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: filter("group-id", ids...)})
	if err != nil {
		return nil, err
	}
	return out.SecurityGroups, nil
}

func filter(name string, values ...string) []ec2types.Filter {
	return []ec2types.Filter{{Name: &name, Values: values}}
}

// add appends what is not there yet.
func add[T comparable](values []T, value T) []T {
	if slices.Contains(values, value) {
		return values
	}
	return append(values, value)
}
