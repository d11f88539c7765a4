package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
)

// What EC2 knows, as it shows it.
type (
	vpcs struct {
		vpcs      []vpcItself
		subnets   []subnet
		groups    []group
		tables    []table
		endpoints []endpoint
	}
	vpcItself struct {
		ID             string `xml:"vpcId"`
		Support, Names bool   `xml:"-"` // of DNS
	}
	subnet struct {
		ID    string `xml:"subnetId"`
		VPC   string `xml:"vpcId"`
		Zone  string `xml:"availabilityZone"`
		Block string `xml:"cidrBlock"`
		Free  int    `xml:"availableIpAddressCount"`
	}
	group struct {
		ID  string `xml:"groupId"`
		VPC string `xml:"vpcId"`
		In  []rule `xml:"ipPermissions>item"`
		Out []rule `xml:"ipPermissionsEgress>item"`
	}
	rule struct {
		Protocol string  `xml:"ipProtocol"`
		From     int     `xml:"fromPort"`
		To       int     `xml:"toPort"`
		Group    *string `xml:"groups>item>groupId"` // what is nil is not shown
		Block    *string `xml:"ipRanges>item>cidrIp"`
	}
	table struct {
		VPC          string        `xml:"vpcId"`
		Associations []association `xml:"associationSet>item"`
		Routes       []route       `xml:"routeSet>item"`
	}
	association struct {
		Subnet string `xml:"subnetId,omitempty"`
		Main   bool   `xml:"main"`
	}
	route struct {
		To      string `xml:"destinationCidrBlock"`
		Gateway string `xml:"gatewayId,omitempty"`
		NAT     string `xml:"natGatewayId,omitempty"`
		Peering string `xml:"vpcPeeringConnectionId,omitempty"`
		State   string `xml:"state"`
	}
	endpoint struct {
		VPC     string `xml:"vpcId"`
		Service string `xml:"serviceName"`
		State   string `xml:"state"`
		Private bool   `xml:"privateDnsEnabled"`
		Group   string `xml:"groupSet>item>groupId"`
	}
)

const (
	application  = "sg-0123456789abcdef0"
	application2 = "sg-0123456789abcdef1" // production's
	ofEndpoint   = "sg-0000000000000000e"
	ofDatabase   = "sg-0000000000000000d"
	vpc          = "vpc-0123456789abcdef0"
	vpc2         = "vpc-2" // of another database
	zoneA        = "subnet-0123456789abcdef0"
	zoneB        = "subnet-0123456789abcdef1"
	zoneOfOther  = "subnet-2" // in vpc2
)

func newVPCs() vpcs {
	out := []rule{{Protocol: "tcp", From: 5432, To: 5432, Group: new(ofDatabase)}, {Protocol: "tcp", From: 443, To: 443, Block: new("0.0.0.0/0")}}
	local := route{To: "10.0.0.0/16", Gateway: "local", State: "active"}
	return vpcs{
		vpcs: []vpcItself{{vpc, true, true}, {vpc2, true, true}},
		subnets: []subnet{{zoneA, vpc, "us-east-1a", "10.0.1.0/24", 200}, {zoneB, vpc, "us-east-1b", "10.0.2.0/24", 200},
			{zoneOfOther, vpc2, "us-east-1a", "10.9.1.0/24", 200}},
		groups: []group{
			{ID: application, VPC: vpc, Out: out},
			{ID: application2, VPC: vpc, Out: out},
			{ID: ofEndpoint, VPC: vpc, In: []rule{{Protocol: "tcp", From: 443, To: 443, Block: new("10.0.0.0/16")}}},
			{ID: ofDatabase, VPC: vpc, In: []rule{{Protocol: "tcp", From: 5432, To: 5432, Group: new(application)}}},
		},
		tables: []table{
			{vpc, []association{{Main: true}}, []route{local, {To: "0.0.0.0/0", Gateway: "igw-1", State: "active"}}},
			{vpc, []association{{Subnet: zoneA}, {Subnet: zoneB}}, []route{local, {To: "0.0.0.0/0", NAT: "nat-1", State: "active"}}},
			{vpc2, []association{{Main: true}}, []route{{To: "10.9.0.0/16", Gateway: "local", State: "active"}}},
		},
		endpoints: []endpoint{{vpc, "com.amazonaws.us-east-1.secretsmanager", "available", true, ofEndpoint}},
	}
}

// peered has routes between the two VPCs, there and back.
func (v *vpcs) peered() {
	v.tables[1].Routes = append(v.tables[1].Routes, route{To: "10.9.0.0/16", Peering: "pcx-1", State: "active"})
	v.tables[2].Routes = append(v.tables[2].Routes, route{To: "10.0.0.0/16", Peering: "pcx-1", State: "active"})
}

// group finds one to change it.
func (v *vpcs) group(id string) *group {
	return &v.groups[slices.IndexFunc(v.groups, func(g group) bool { return g.ID == id })]
}

func (v *vpcs) serve(rw http.ResponseWriter, r *http.Request, action string) {
	wanted := filters(r)
	has := func(name, value string) bool { return slices.Contains(wanted[name], value) }
	switch action {
	case "DescribeVpcs":
		show(rw, action, "vpcSet", kept(v.vpcs, func(i vpcItself) bool { return has("vpc-id", i.ID) }))
	case "DescribeVpcAttribute":
		v.attribute(rw, wanted["VpcId"][0], wanted["Attribute"][0])
	case "DescribeSubnets":
		show(rw, action, "subnetSet", kept(v.subnets, func(s subnet) bool { return has("subnet-id", s.ID) }))
	case "DescribeSecurityGroups":
		show(rw, action, "securityGroupInfo", kept(v.groups, func(g group) bool { return has("group-id", g.ID) }))
	case "DescribeRouteTables":
		show(rw, action, "routeTableSet", kept(v.tables, func(t table) bool { return has("vpc-id", t.VPC) }))
	case "DescribeVpcEndpoints":
		show(rw, action, "vpcEndpointSet", kept(v.endpoints, func(e endpoint) bool { return has("vpc-id", e.VPC) && has("service-name", e.Service) }))
	default:
		failEC2(rw, http.StatusBadRequest, "InvalidAction")
	}
}

// attribute answers with the one that was asked for.
func (v *vpcs) attribute(rw http.ResponseWriter, id, name string) {
	i := slices.IndexFunc(v.vpcs, func(i vpcItself) bool { return i.ID == id })
	if i < 0 {
		failEC2(rw, http.StatusBadRequest, "InvalidVpcID.NotFound")
		return
	}
	on := map[string]bool{"enableDnsSupport": v.vpcs[i].Support, "enableDnsHostnames": v.vpcs[i].Names}[name]
	fmt.Fprintf(rw, "<DescribeVpcAttributeResponse><vpcId>%s</vpcId><%[2]s><value>%[3]t</value></%[2]s></DescribeVpcAttributeResponse>", id, name, on)
}

func kept[T any](all []T, keep func(T) bool) (found []T) {
	for _, t := range all {
		if keep(t) {
			found = append(found, t)
		}
	}
	return found
}

func form(r *http.Request) url.Values {
	text, _ := io.ReadAll(r.Body) // what is not whole has no values
	values, _ := url.ParseQuery(string(text))
	return values
}

// filters reads Filter.1.Name, Filter.1.Value.1 and so on, and what is asked for without a filter.
func filters(r *http.Request) map[string][]string {
	in := form(r)
	found := map[string][]string{"VpcId": {in.Get("VpcId")}, "Attribute": {in.Get("Attribute")}}
	for i := 1; in.Has(fmt.Sprintf("Filter.%d.Name", i)); i++ {
		name := in.Get(fmt.Sprintf("Filter.%d.Name", i))
		for j := 1; in.Has(fmt.Sprintf("Filter.%d.Value.%d", i, j)); j++ {
			found[name] = append(found[name], in.Get(fmt.Sprintf("Filter.%d.Value.%d", i, j)))
		}
	}
	return found
}

// show answers in EC2's own variant of the Query protocol.
func show[T any](rw http.ResponseWriter, action, set string, items []T) {
	fmt.Fprintf(rw, "<%sResponse><%s>", action, set)
	for _, item := range items {
		_ = xml.NewEncoder(rw).EncodeElement(item, xml.StartElement{Name: xml.Name{Local: "item"}})
	}
	fmt.Fprintf(rw, "</%s></%sResponse>", set, action)
}

func failEC2(rw http.ResponseWriter, status int, code string) {
	rw.WriteHeader(status)
	fmt.Fprintf(rw, "<Response><Errors><Error><Code>%s</Code><Message>refused</Message></Error></Errors></Response>", code)
}

// What RDS knows, as it shows it.
type (
	instances struct {
		instance, cluster, member database // member is an instance of the cluster
	}
	database struct {
		Resource string `xml:"DbiResourceId,omitempty"`
		Cluster  string `xml:"DbClusterResourceId,omitempty"`
		Of       string `xml:"DBClusterIdentifier,omitempty"`
		Name     string `xml:"DBInstanceIdentifier,omitempty"`
		IAM      bool   `xml:"IAMDatabaseAuthenticationEnabled"`
		Host     string `xml:"Endpoint>Address,omitempty"`
		Port     int    `xml:"Endpoint>Port,omitempty"`
		Group    string `xml:"VpcSecurityGroups>VpcSecurityGroupMembership>VpcSecurityGroupId"`
		Within   *place `xml:"DBSubnetGroup"` // of an instance
	}
)

// place is where an instance is.
type place struct {
	VPC    string `xml:"VpcId"`
	Subnet string `xml:"Subnets>Subnet>SubnetIdentifier"`
}

func newInstances() instances {
	return instances{
		instance: database{Resource: "db-STAGING", Name: "staging", IAM: true, Host: "staging.example.us-east-1.rds.amazonaws.com", Port: 5432, Group: ofDatabase,
			Within: &place{vpc, zoneA}},
		cluster: database{Cluster: "cluster-PRODUCTION", Of: "production", IAM: true, Group: ofDatabase},
		member:  database{Resource: "db-PRODUCTION-1", Name: "production-1", Of: "production", Within: &place{vpc, zoneB}},
	}
}

func (i *instances) serve(rw http.ResponseWriter, r *http.Request, action string) {
	in := form(r)
	name, asked := in.Get("Filters.Filter.1.Name"), in.Get("Filters.Filter.1.Values.Value.1")
	list, element, d := "DBInstances", "DBInstance", i.instance
	switch {
	case action == "DescribeDBClusters":
		list, element, d = "DBClusters", "DBCluster", i.cluster
	case name == "db-cluster-id":
		d = i.member
	}
	inner := ""
	if asked != "" && asked == map[string]string{"dbi-resource-id": d.Resource, "db-cluster-resource-id": d.Cluster, "db-cluster-id": d.Of}[name] {
		text, err := xml.Marshal(d)
		if err != nil {
			failQuery(rw, "InternalFailure")
			return
		}
		inner = fmt.Sprintf("<%s>%s</%[1]s>", element, text[len("<database>"):len(text)-len("</database>")])
	}
	reply(rw, action, fmt.Sprintf("<%s>%s</%[1]s>", list, inner))
}
