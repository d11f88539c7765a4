package stack

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// The policies of a role: what its code calls, and what the service that runs it calls on its behalf.
const (
	callsPolicy   = "calls"
	runtimePolicy = "runtime"
)

// newRole makes a role for a service, with its permissions inside it: the role in the template is the whole of it.
// Constructs get it without leave to add to it.
func newRole(scope constructs.Construct, name, service string, calls, runtime []permission) awsiam.IRole {
	policies := map[string]awsiam.PolicyDocument{runtimePolicy: document(runtime)}
	if len(calls) > 0 {
		policies[callsPolicy] = document(calls)
	}
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		RoleName:       jsii.String(name),
		AssumedBy:      awsiam.NewServicePrincipal(jsii.String(service), nil),
		InlinePolicies: &policies,
	})
	explainWildcards(role, append(calls, runtime...))
	return role.WithoutPolicyUpdates(nil)
}

// refersToItsRole takes away the DependsOn that the CDK adds for the role: the reference to it implies that already, and
// the role's policies stand in the role.
func refersToItsRole(owner constructs.IConstruct) {
	owner.Node().DefaultChild().(awscdk.CfnResource).AddDeletionOverride(jsii.String("DependsOn"))
}

func document(permissions []permission) awsiam.PolicyDocument {
	d := awsiam.NewPolicyDocument(nil)
	for _, p := range permissions {
		d.AddStatements(p.statement())
	}
	return d
}

func (p permission) statement() awsiam.PolicyStatement {
	effect := awsiam.Effect_ALLOW
	if p.deny {
		effect = awsiam.Effect_DENY
	}
	props := &awsiam.PolicyStatementProps{
		Sid: jsii.String(p.id), Effect: effect, Actions: jsii.Strings(p.actions...), Resources: jsii.Strings(p.resources...),
	}
	if len(p.conditions) > 0 {
		given := map[string]any{}
		for operator, keys := range p.conditions {
			given[operator] = keys
		}
		props.Conditions = &given
	}
	return awsiam.NewPolicyStatement(props)
}

// explainWildcards tells cdk-nag why a permission's resource holds a wildcard. One without a reason stays a finding.
func explainWildcards(construct constructs.Construct, permissions []permission) {
	for _, p := range permissions {
		if p.wildcard == "" || p.deny {
			continue
		}
		var resources []any
		for _, r := range p.resources {
			resources = append(resources, "Resource::"+r)
		}
		suppress(construct, "AwsSolutions-IAM5", fmt.Sprintf("%s: %s", p.id, p.wildcard), resources...)
	}
}

// suppress accepts a finding of cdk-nag, for a reason that a reviewer of security can check.
func suppress(construct constructs.Construct, rule, reason string, appliesTo ...any) {
	s := &cdknag.NagPackSuppression{Id: jsii.String(rule), Reason: jsii.String(reason)}
	if appliesTo != nil {
		s.AppliesTo = &appliesTo
	}
	cdknag.NagSuppressions_AddResourceSuppressions(construct, &[]*cdknag.NagPackSuppression{s}, jsii.Bool(true))
}
