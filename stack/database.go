package stack

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/publicmapping/districtbuilder-ops/stack/settings"
)

// caFile holds the authorities that sign the database's certificate: those of RDS are not among the system's.
// make build puts it beside the binaries of the SQL functions.
const caFile = "database-ca.pem"

// databaseUser is the login of an SQL function, with just the columns that it needs (docs/database-roles.sql).
func databaseUser(action string) string { return "dbops_" + strings.ReplaceAll(action, "-", "_") }

func (e environment) hasAuthorities(action string) bool {
	_, err := os.Stat(filepath.Join(e.dist, action, caFile))
	return err == nil
}

// warnOfMissingAuthorities warns at synthesis, because otherwise the first call of find-regions would be the one to tell.
func (e environment) warnOfMissingAuthorities(scope constructs.Construct) {
	for _, action := range settings.SQLActionsOf(e.Name) {
		if !e.hasAuthorities(action) {
			awscdk.Annotations_Of(scope).AddWarningV2(jsii.String("dbops:database-ca"), jsii.String(fmt.Sprintf(
				"%s is built without %s, so it trusts no certificate of RDS: see docs/deploying.md, section 3", action, caFile)))
			return
		}
	}
}

// databaseVariables are the environment variables from which an SQL function learns where and who it is.
func (e environment) databaseVariables(action string) map[string]string {
	v := map[string]string{}
	login(v, "DATABASE_", e.Database, action)
	if e.hasAuthorities(action) {
		v["DATABASE_CA_FILE"] = "/var/task/" + caFile
	}
	if action != "find-regions" {
		return v
	}
	switch {
	case e.Other.Database != nil:
		login(v, "OTHER_DATABASE_", *e.Other.Database, action)
	case e.Other.RegionsURL != "":
		v["OTHER_REGIONS_URL"] = e.Other.RegionsURL
	default:
		v["OTHER_ENVIRONMENT"] = "none"
	}
	return v
}

func login(v map[string]string, prefix string, d settings.Database, action string) {
	v[prefix+"HOST"], v[prefix+"PORT"], v[prefix+"NAME"] = d.Host, strconv.Itoa(d.Port), d.Name
	v[prefix+"USER"] = databaseUser(action)
	if arn := d.SecretARNs[action]; arn != "" {
		v[prefix+"SECRET_ARN"] = arn
	}
}

// logsIn permits an action to log in: as one user of one database, or with one secret.
func logsIn(action string) func(environment) []permission {
	return func(e environment) []permission {
		found := []permission{e.loginTo("LogIn", e.Database, action)}
		if action == "find-regions" && e.Other.Database != nil {
			found = append(found, e.loginTo("LogInToOther", *e.Other.Database, action))
		}
		return found
	}
}

func (e environment) loginTo(id string, d settings.Database, action string) permission {
	if d.ResourceID != "" {
		return permission{id: id, actions: []string{"rds-db:connect"}, resources: []string{e.arn("rds-db", "dbuser:"+d.ResourceID+"/"+databaseUser(action))}}
	}
	return permission{id: id, actions: []string{"secretsmanager:GetSecretValue"}, resources: []string{d.SecretARNs[action]}}
}

// placeInVPC gives the function the application's private subnets and its security group, the only one that
// the database lets in. The IDs are set as they are: nothing about the VPC needs to be looked up.
func (e environment) placeInVPC(f awslambda.Function) {
	f.Node().DefaultChild().(awslambda.CfnFunction).SetVpcConfig(&awslambda.CfnFunction_VpcConfigProperty{
		SubnetIds:        jsii.Strings(e.Subnets...),
		SecurityGroupIds: jsii.Strings(e.SecurityGroup),
	})
}

// networkOf is what Lambda needs to connect a function to the VPC. The deny keeps the function's own code from using it.
func (e environment) networkOf(action string) []permission {
	interfaces := []string{"ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"}
	reads := []string{"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"}
	return []permission{
		{id: "RuntimeNetwork", actions: interfaces, resources: []string{e.arn("ec2", "*/*")}, wildcard: interfacesOf},
		{id: "RuntimeNetworkReads", actions: reads, resources: []string{"*"}, wildcard: noResource},
		{id: "RuntimeNetworkNotForCode", deny: true, actions: append(interfaces, reads...), resources: []string{"*"},
			conditions: conditions{"ArnEquals": {"lambda:SourceFunctionArn": []string{e.functionARN(action)}}}},
	}
}
