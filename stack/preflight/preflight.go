package main

import (
	"context"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/publicmapping/districtbuilder-ops/stack/settings"
)

// preflight looks at everything that the settings name.
type preflight struct {
	settings  settings.Environment
	dist      string
	identity  identity
	services  services
	groups    groups
	targets   targets
	logs      logs
	buckets   buckets
	functions functions
	secrets   secrets
}

type (
	identity interface {
		GetCallerIdentity(context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error)
	}
	services interface {
		DescribeServices(context.Context, *ecs.DescribeServicesInput, ...func(*ecs.Options)) (*ecs.DescribeServicesOutput, error)
		ListContainerInstances(context.Context, *ecs.ListContainerInstancesInput, ...func(*ecs.Options)) (*ecs.ListContainerInstancesOutput, error)
		DescribeContainerInstances(context.Context, *ecs.DescribeContainerInstancesInput, ...func(*ecs.Options)) (*ecs.DescribeContainerInstancesOutput, error)
	}
	groups interface {
		DescribeAutoScalingGroups(context.Context, *autoscaling.DescribeAutoScalingGroupsInput, ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingGroupsOutput, error)
	}
	targets interface {
		DescribeTargetHealth(context.Context, *elb.DescribeTargetHealthInput, ...func(*elb.Options)) (*elb.DescribeTargetHealthOutput, error)
	}
	logs interface {
		DescribeLogGroups(context.Context, *cloudwatchlogs.DescribeLogGroupsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error)
	}
	buckets interface {
		HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error)
		GetBucketNotificationConfiguration(context.Context, *s3.GetBucketNotificationConfigurationInput, ...func(*s3.Options)) (*s3.GetBucketNotificationConfigurationOutput, error)
	}
	functions interface {
		GetAccountSettings(context.Context, *lambda.GetAccountSettingsInput, ...func(*lambda.Options)) (*lambda.GetAccountSettingsOutput, error)
	}
	secrets interface {
		DescribeSecret(context.Context, *secretsmanager.DescribeSecretInput, ...func(*secretsmanager.Options)) (*secretsmanager.DescribeSecretOutput, error)
	}
)

// finding is what one check has found; wrong is empty when all is well.
type finding struct{ what, wrong string }

// run makes every check. One that fails does not keep the others from being made.
func (p preflight) run(ctx context.Context) []finding {
	e := p.settings
	var found []finding
	check := func(what string, err error) {
		f := finding{what: what}
		if err != nil {
			f.wrong = err.Error()
		}
		found = append(found, f)
	}
	check("credentials of account "+e.Account, p.account(ctx))
	check("CDK bootstrap", p.bucket(ctx, "cdk-hnb659fds-assets-"+e.Account+"-"+e.Region))
	check("service "+e.Service, p.service(ctx))
	check("ECS agents of "+e.Cluster, p.agents(ctx))
	check("group "+e.Group, p.group(ctx))
	check("target group", p.targetGroup(ctx))
	check("log group "+e.LogGroup, p.logGroup(ctx))
	for _, b := range p.dataBuckets() {
		check("bucket "+b, p.bucket(ctx, b))
	}
	if e.UploadBucket != "" {
		check("events of "+e.UploadBucket, p.events(ctx))
	}
	for _, a := range settings.SQLActionsOf(e.Name) {
		if arn := e.Database.SecretARNs[a]; arn != "" {
			check("secret of "+a, p.secret(ctx, arn))
		}
		check("certificates of "+a, p.certificates(a))
	}
	if !e.NoReservedConcurrency {
		check("concurrency of functions", p.concurrency(ctx))
	}
	return found
}

// report prints the findings and tells whether something is missing.
func report(w io.Writer, environment string, found []finding) (missing bool) {
	fmt.Fprintf(w, "%s\n", environment)
	for _, f := range found {
		if f.wrong == "" {
			fmt.Fprintf(w, "  ok       %s\n", f.what)
			continue
		}
		missing = true
		fmt.Fprintf(w, "  MISSING  %s: %s\n", f.what, f.wrong)
	}
	return missing
}
