package main

import (
	"context"
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/publicmapping/districtbuilder-ops/stack/settings"
)

// described is what RDS says of an instance or a cluster.
type described struct {
	iam    bool
	groups []rdstypes.VpcSecurityGroupMembership
	// within are the VPC and the subnets that it may be in; nil of a cluster without an instance.
	within *rdstypes.DBSubnetGroup
	// change is the command that changes it, as far as which one it changes.
	change string
	// endpoint is that of an instance; a cluster has several, which are not held against the setting.
	endpoint *rdstypes.Endpoint
}

// databasesWithID are those with IAM authentication, which the settings name by an ID that RDS knows.
func (p preflight) databasesWithID() []settings.Database {
	var found []settings.Database
	for _, d := range []*settings.Database{&p.settings.Database, p.settings.Other.Database} {
		if d != nil && d.ResourceID != "" {
			found = append(found, *d)
		}
	}
	return found
}

func (p preflight) database(ctx context.Context, d settings.Database, n network) error {
	found, err := p.describeDatabase(ctx, d.ResourceID)
	switch {
	case err != nil:
		return err
	case found == nil:
		return lacks("there is no such database in %s; mend the setting resourceId", p.settings.Region)
	case !found.iam:
		return lacks("IAM authentication is off; run: %s --enable-iam-database-authentication --apply-immediately", found.change)
	}
	if e := found.endpoint; e != nil && (aws.ToString(e.Address) != d.Host || int(aws.ToInt32(e.Port)) != d.Port) {
		return lacks("its endpoint is %s:%d, and a token for another is refused; mend the settings host and port", aws.ToString(e.Address), aws.ToInt32(e.Port))
	}
	if n.subnets == nil {
		return errNoSubnets
	}
	if err := p.route(ctx, n, found.within); err != nil {
		return err
	}
	var ids []string
	for _, g := range found.groups {
		ids = append(ids, aws.ToString(g.VpcSecurityGroupId))
	}
	admitted, err := p.admitted(ctx, n, ids, d.Port)
	if err == nil && !admitted {
		return lacks("its %s lets nothing of %s in at port %d; add that rule, or mend the setting securityGroup",
			strings.Join(ids, ", "), p.settings.SecurityGroup, d.Port)
	}
	return err
}

// describeDatabase returns nil if there is none.
func (p preflight) describeDatabase(ctx context.Context, id string) (*described, error) {
	if strings.HasPrefix(id, "cluster-") {
		out, err := p.databases.DescribeDBClusters(ctx, &rds.DescribeDBClustersInput{Filters: rdsFilter("db-cluster-resource-id", id)})
		if err != nil || len(out.DBClusters) == 0 {
			return nil, err
		}
		c := out.DBClusters[0]
		i, err := p.instance(ctx, "db-cluster-id", aws.ToString(c.DBClusterIdentifier))
		if err != nil {
			return nil, err
		}
		return &described{iam: aws.ToBool(c.IAMDatabaseAuthenticationEnabled), groups: c.VpcSecurityGroups, within: i.DBSubnetGroup,
			change: "aws rds modify-db-cluster --db-cluster-identifier " + aws.ToString(c.DBClusterIdentifier)}, nil
	}
	i, err := p.instance(ctx, "dbi-resource-id", id)
	if err != nil || i.DbiResourceId == nil {
		return nil, err
	}
	return &described{iam: aws.ToBool(i.IAMDatabaseAuthenticationEnabled), groups: i.VpcSecurityGroups, endpoint: i.Endpoint, within: i.DBSubnetGroup,
		change: "aws rds modify-db-instance --db-instance-identifier " + aws.ToString(i.DBInstanceIdentifier)}, nil
}

// instance describes the first that a filter finds; without one all its fields are empty.
func (p preflight) instance(ctx context.Context, name, value string) (rdstypes.DBInstance, error) {
	out, err := p.databases.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{Filters: rdsFilter(name, value)})
	if err != nil || len(out.DBInstances) == 0 {
		return rdstypes.DBInstance{}, err
	}
	return out.DBInstances[0], nil
}

func rdsFilter(name, value string) []rdstypes.Filter {
	return []rdstypes.Filter{{Name: &name, Values: []string{value}}}
}

// caFile holds the authorities that sign the database's certificate; make package puts it beside the SQL functions.
const caFile = "database-ca.pem"

// certificates reads the file as the functions will: one without a certificate keeps them from starting. Without the
// file they trust the system's authorities, which is of use only for a database that is not on RDS.
func (p preflight) certificates() error {
	for _, action := range settings.SQLActionsOf(p.settings.Name) {
		file := filepath.Join(p.dist, action, caFile)
		pem, err := os.ReadFile(file)
		switch {
		case err != nil && p.onRDS():
			return lacks("%s is not built into %s: see docs/deploying.md, section 3", caFile, action)
		case err != nil:
			return beware("%s is not built into %s, so it trusts public authorities only", caFile, action)
		}
		if !x509.NewCertPool().AppendCertsFromPEM(pem) {
			return lacks("%s holds no certificate; fetch it anew: see docs/deploying.md, section 3", file)
		}
	}
	return nil
}

func (p preflight) onRDS() bool {
	hosts := []string{p.settings.Database.Host}
	if d := p.settings.Other.Database; d != nil {
		hosts = append(hosts, d.Host)
	}
	return slices.ContainsFunc(hosts, func(h string) bool { return strings.HasSuffix(h, ".rds.amazonaws.com") })
}
