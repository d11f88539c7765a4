package main

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const (
	https        = 443
	defaultRoute = "0.0.0.0/0"
)

// opening are the rules that speak of TCP at a port. What they say of the other side is not looked at here.
func opening(rules []ec2types.IpPermission, port int) []ec2types.IpPermission {
	var found []ec2types.IpPermission
	for _, r := range rules {
		switch aws.ToString(r.IpProtocol) {
		case "-1":
			found = append(found, r)
		case "tcp", "6":
			if int(aws.ToInt32(r.FromPort)) <= port && port <= int(aws.ToInt32(r.ToPort)) {
				found = append(found, r)
			}
		}
	}
	return found
}

// admits tells whether rules let a group in that is used in the subnets: by its ID, or by the subnets' addresses.
// A prefix list counts as letting in: what stands in it is not looked at.
func admits(rules []ec2types.IpPermission, group string, subnets []ec2types.Subnet) bool {
	for _, r := range rules {
		named := slices.ContainsFunc(r.UserIdGroupPairs, func(g ec2types.UserIdGroupPair) bool { return aws.ToString(g.GroupId) == group })
		if named || len(r.PrefixListIds) > 0 {
			return true
		}
	}
	for _, s := range subnets {
		if !slices.ContainsFunc(rules, func(r ec2types.IpPermission) bool { return covers(r.IpRanges, aws.ToString(s.CidrBlock)) }) {
			return false
		}
	}
	return len(subnets) > 0
}

// covers tells whether one of the ranges holds all addresses of a block.
func covers(ranges []ec2types.IpRange, block string) bool {
	return slices.ContainsFunc(ranges, func(r ec2types.IpRange) bool { return within(block, aws.ToString(r.CidrIp)) >= 0 })
}

// within returns how many bits are given of a block that holds all addresses of another; -1 if it does not hold them all.
func within(block, holding string) (bits int) {
	inner, err := netip.ParsePrefix(block)
	if err != nil {
		return -1
	}
	outer, err := netip.ParsePrefix(holding)
	if err != nil || outer.Bits() > inner.Bits() || !outer.Contains(inner.Addr()) {
		return -1
	}
	return outer.Bits()
}

// flawOfDefaultRoute says why functions in a subnet have no way to the internet; it is empty if they have one.
// An interface of a function has no public address, so an internet gateway is no way for it.
func flawOfDefaultRoute(tables []ec2types.RouteTable, subnet string) string {
	for _, r := range routesOf(tables, subnet) {
		if aws.ToString(r.DestinationCidrBlock) != defaultRoute {
			continue
		}
		switch {
		case r.State == ec2types.RouteStateBlackhole:
			return "has a default route to something that is gone"
		case strings.HasPrefix(aws.ToString(r.GatewayId), "igw-"):
			return "is public: its default route is an internet gateway, which functions cannot use"
		}
		return ""
	}
	return "has no default route, as to a NAT gateway"
}

// routesOf are the routes of the subnet's own table, else those of the VPC's main table.
func routesOf(tables []ec2types.RouteTable, subnet string) []ec2types.Route {
	var main []ec2types.Route
	for _, t := range tables {
		for _, a := range t.Associations {
			if aws.ToString(a.SubnetId) == subnet {
				return t.Routes
			}
			if aws.ToBool(a.Main) {
				main = t.Routes
			}
		}
	}
	return main
}

// flawOfRoute says why nothing in a subnet reaches a block of another VPC's addresses; it is empty if a route leads there.
// The most specific route decides.
func flawOfRoute(tables []ec2types.RouteTable, subnet, block string) string {
	var best ec2types.Route
	most := -1
	for _, r := range routesOf(tables, subnet) {
		if r.DestinationPrefixListId != nil && leavesPrivately(r) { // what stands in the list is not looked at
			return ""
		}
		if bits := within(block, aws.ToString(r.DestinationCidrBlock)); bits > most {
			best, most = r, bits
		}
	}
	switch {
	case most < 0 || !leavesPrivately(best):
		return "has no route to " + block
	case best.State == ec2types.RouteStateBlackhole:
		return "has a route to " + block + " that leads to something that is gone"
	}
	return ""
}

// leavesPrivately tells whether a route can lead to another VPC. A gateway to the internet, a NAT gateway or instance and
// the VPC itself do not.
func leavesPrivately(r ec2types.Route) bool {
	return r.VpcPeeringConnectionId != nil || r.TransitGatewayId != nil || r.CoreNetworkArn != nil ||
		strings.HasPrefix(aws.ToString(r.GatewayId), "vgw-") || r.NetworkInterfaceId != nil && aws.ToString(r.DestinationCidrBlock) != defaultRoute
}
