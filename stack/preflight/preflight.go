package main

import (
	"context"

	"github.com/publicmapping/districtbuilder-ops/stack/settings"
)

// preflight looks at everything that the settings name.
type preflight struct {
	settings  settings.Environment
	dist      string // where the functions have been built
	profile   string
	bootstrap demand
	clients
}

// run makes every check. One that fails does not keep the others from being made, but without credentials there are none.
func (p preflight) run(ctx context.Context) []finding {
	e := p.settings
	var found []finding
	check := func(what string, err error) { found = append(found, judge(what, err)) }

	who, err := p.caller(ctx)
	if err != nil {
		check("credentials", err)
		check("everything else", untold("cannot look without credentials"))
		return found
	}
	check("credentials of account "+e.Account, p.account(who))
	check("CDK bootstrap "+p.bootstrap.qualifier, p.bootstrapVersion(ctx))
	check("CDK bootstrap's bucket", p.bootstrapBucket(ctx))

	deployed, err := p.runs(ctx)
	check("runs in "+e.Name, err)
	check("state bucket", p.stateBucket(ctx, deployed, err))
	check("subscriptions", p.subscriptions(ctx))

	service, err := p.service(ctx)
	check("service "+e.Services.EC2, err)
	check("Fargate service "+e.Services.Fargate, p.fargate(ctx))
	check("container "+e.Container, p.container(service))
	check("target group "+e.TargetGroup, p.targetGroup(ctx, service))
	check("ECS agents of "+e.Cluster, p.agents(ctx))
	check("group "+e.Group, p.group(ctx))
	check("log group "+e.LogGroup, p.logGroup(ctx))

	for _, b := range e.DataBuckets() {
		check("bucket "+b, p.bucket(ctx, b))
		check("encryption of "+b, p.encryption(ctx, b))
	}
	if e.UploadBucket != "" {
		check("events of "+e.UploadBucket, p.events(ctx))
	}

	var n network
	n.nameless, err = p.vpc(ctx)
	check("VPC "+e.VPC, err)
	n.subnets, err = p.describeSubnets(ctx)
	check("subnets of the SQL functions", err)
	check("security group "+e.SecurityGroup, p.securityGroup(ctx))
	if len(p.secretARNs()) > 0 {
		check("way to Secrets Manager", p.wayToSecrets(ctx, n))
	}
	if e.Other.RegionsURL != "" {
		check("way to other.regionsUrl", p.wayOut(ctx, n))
	}
	for _, d := range p.databasesWithID() {
		check("database "+d.ResourceID, p.database(ctx, d, n))
	}
	for _, s := range p.secretARNs() {
		check("secret of "+s.owner, p.secret(ctx, s.arn))
	}
	check("certificates of RDS", p.certificates())
	if !e.NoReservedConcurrency {
		check("concurrency of functions", p.concurrency(ctx))
	}
	return found
}
