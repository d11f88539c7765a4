package main

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func ranges(protocol string, from, to int32, blocks ...string) ec2types.IpPermission {
	p := ec2types.IpPermission{IpProtocol: &protocol, FromPort: &from, ToPort: &to}
	for _, b := range blocks {
		p.IpRanges = append(p.IpRanges, ec2types.IpRange{CidrIp: &b})
	}
	return p
}

func TestWhatASecurityGroupAdmits(t *testing.T) {
	named := ec2types.IpPermission{IpProtocol: aws.String("-1"), UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: aws.String("sg-1")}}}
	list := ec2types.IpPermission{IpProtocol: aws.String("-1"), PrefixListIds: []ec2types.PrefixListId{{PrefixListId: aws.String("pl-1")}}}
	tests := []struct {
		name  string
		rules []ec2types.IpPermission
		want  bool
	}{
		{"nothing", nil, false},
		{"the group", []ec2types.IpPermission{named}, true},
		{"a prefix list", []ec2types.IpPermission{list}, true},
		{"all addresses", []ec2types.IpPermission{ranges("tcp", 443, 443, "0.0.0.0/0")}, true},
		{"the protocol as a number", []ec2types.IpPermission{ranges("6", 0, 65535, "0.0.0.0/0")}, true},
		{"all protocols", []ec2types.IpPermission{ranges("-1", -1, -1, "0.0.0.0/0")}, true},
		{"a rule for each subnet", []ec2types.IpPermission{ranges("tcp", 443, 443, "10.0.1.0/24"), ranges("tcp", 443, 443, "10.0.2.0/24")}, true},
		{"one of two subnets", []ec2types.IpPermission{ranges("tcp", 443, 443, "10.0.2.0/24")}, false},
		{"half of a subnet", []ec2types.IpPermission{ranges("tcp", 443, 443, "10.0.1.0/24", "10.0.2.0/25")}, false},
		{"lower ports", []ec2types.IpPermission{ranges("tcp", 1, 442, "0.0.0.0/0")}, false},
		{"higher ports", []ec2types.IpPermission{ranges("tcp", 444, 65535, "0.0.0.0/0")}, false},
		{"another protocol", []ec2types.IpPermission{ranges("udp", 443, 443, "0.0.0.0/0")}, false},
		{"another network", []ec2types.IpPermission{ranges("tcp", 443, 443, "192.168.0.0/16")}, false},
		{"no network", []ec2types.IpPermission{ranges("tcp", 443, 443, "10.0.0.0")}, false},
	}
	within := []ec2types.Subnet{{CidrBlock: aws.String("10.0.1.0/24")}, {CidrBlock: aws.String("10.0.2.0/24")}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := admits(opening(tt.rules, https), "sg-1", within); got != tt.want {
				t.Errorf("admits = %t, want %t", got, tt.want)
			}
		})
	}
}

func TestDefaultRoutes(t *testing.T) {
	all := func(r ec2types.Route) []ec2types.Route {
		r.DestinationCidrBlock = aws.String("0.0.0.0/0")
		return []ec2types.Route{{DestinationCidrBlock: aws.String("10.0.0.0/16"), GatewayId: aws.String("local")}, r}
	}
	const public, gone, none = "is public: its default route is an internet gateway, which functions cannot use",
		"has a default route to something that is gone", "has no default route, as to a NAT gateway"
	tests := []struct {
		name   string
		routes []ec2types.Route
		want   string
	}{
		{"a NAT gateway", all(ec2types.Route{NatGatewayId: aws.String("nat-1"), State: ec2types.RouteStateActive}), ""},
		{"a NAT instance", all(ec2types.Route{NetworkInterfaceId: aws.String("eni-1"), State: ec2types.RouteStateActive}), ""},
		{"a transit gateway", all(ec2types.Route{TransitGatewayId: aws.String("tgw-1"), State: ec2types.RouteStateActive}), ""},
		{"a deleted NAT gateway", all(ec2types.Route{NatGatewayId: aws.String("nat-1"), State: ec2types.RouteStateBlackhole}), gone},
		{"an internet gateway", all(ec2types.Route{GatewayId: aws.String("igw-1"), State: ec2types.RouteStateActive}), public},
		{"none", nil, none},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			of := ec2types.RouteTable{Routes: tt.routes, Associations: []ec2types.RouteTableAssociation{{SubnetId: aws.String("subnet-1")}}}
			main := ec2types.RouteTable{Routes: tt.routes, Associations: []ec2types.RouteTableAssociation{{Main: aws.Bool(true)}}}
			other := ec2types.RouteTable{Routes: all(ec2types.Route{NatGatewayId: aws.String("nat-2")}), Associations: []ec2types.RouteTableAssociation{{SubnetId: aws.String("subnet-2")}}}
			decoy := ec2types.RouteTable{Routes: all(ec2types.Route{GatewayId: aws.String("igw-2")}), Associations: []ec2types.RouteTableAssociation{{Main: aws.Bool(true)}}}
			for name, tables := range map[string][]ec2types.RouteTable{"the subnet's": {decoy, other, of}, "the main table's": {other, main}} {
				if got := flawOfDefaultRoute(tables, "subnet-1"); got != tt.want {
					t.Errorf("%s: flaw %q, want %q", name, got, tt.want)
				}
			}
		})
	}
}

func TestRoutesToAnotherVPC(t *testing.T) {
	to := func(block string, r ec2types.Route) ec2types.Route {
		r.DestinationCidrBlock = &block
		return r
	}
	active, gone := ec2types.RouteStateActive, ec2types.RouteStateBlackhole
	peering := ec2types.Route{VpcPeeringConnectionId: aws.String("pcx-1"), State: active}
	transit := ec2types.Route{TransitGatewayId: aws.String("tgw-1"), State: active}
	nat := ec2types.Route{NatGatewayId: aws.String("nat-1"), State: active}
	instance := ec2types.Route{NetworkInterfaceId: aws.String("eni-1"), State: active}
	const none, lost = "has no route to 10.9.1.0/24", "has a route to 10.9.1.0/24 that leads to something that is gone"
	tests := []struct {
		name   string
		routes []ec2types.Route
		want   string
	}{
		{"the VPC, peered", []ec2types.Route{to("10.9.0.0/16", peering)}, ""},
		{"the subnet itself", []ec2types.Route{to("10.9.1.0/24", peering)}, ""},
		{"a part of the subnet", []ec2types.Route{to("10.9.1.0/25", peering)}, none},
		{"another VPC, peered", []ec2types.Route{to("10.8.0.0/16", peering)}, none},
		{"everything by a transit gateway", []ec2types.Route{to("0.0.0.0/0", transit)}, ""},
		{"everything by a NAT gateway", []ec2types.Route{to("0.0.0.0/0", nat)}, none},
		{"everything by a NAT instance", []ec2types.Route{to("0.0.0.0/0", instance)}, none},
		{"an appliance", []ec2types.Route{to("10.9.0.0/16", instance)}, ""},
		{"a virtual private gateway", []ec2types.Route{to("10.9.0.0/16", ec2types.Route{GatewayId: aws.String("vgw-1"), State: active})}, ""},
		{"a core network", []ec2types.Route{to("10.0.0.0/8", ec2types.Route{CoreNetworkArn: aws.String("arn:1"), State: active})}, ""},
		{"an internet gateway", []ec2types.Route{to("0.0.0.0/0", ec2types.Route{GatewayId: aws.String("igw-1"), State: active})}, none},
		{"a prefix list", []ec2types.Route{{DestinationPrefixListId: aws.String("pl-1"), TransitGatewayId: aws.String("tgw-1"), State: active}}, ""},
		{"the prefix list of an endpoint", []ec2types.Route{{DestinationPrefixListId: aws.String("pl-1"), GatewayId: aws.String("vpce-1"), State: active}}, none},
		{"a peering connection that was deleted", []ec2types.Route{to("10.9.0.0/16", ec2types.Route{VpcPeeringConnectionId: aws.String("pcx-1"), State: gone})}, lost},
		{"the most specific first", []ec2types.Route{to("10.9.0.0/16", peering), to("10.0.0.0/8", nat)}, ""},
		{"the most specific last", []ec2types.Route{to("10.0.0.0/8", transit), to("10.9.0.0/16", nat)}, none},
		{"nothing", nil, none},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tables := []ec2types.RouteTable{{Routes: tt.routes, Associations: []ec2types.RouteTableAssociation{{SubnetId: aws.String("subnet-1")}}}}
			if got := flawOfRoute(tables, "subnet-1", "10.9.1.0/24"); got != tt.want {
				t.Errorf("flaw %q, want %q", got, tt.want)
			}
		})
	}
}
