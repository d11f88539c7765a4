package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
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

func (p preflight) account(ctx context.Context) error {
	out, err := p.identity.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return fmt.Errorf("cannot tell who is asking; is the profile configured? %w", err)
	}
	if got := aws.ToString(out.Account); got != p.settings.Account {
		return fmt.Errorf("the credentials are of account %s; mend the setting account, or use another profile", got)
	}
	return nil
}

func (p preflight) service(ctx context.Context) error {
	e := p.settings
	out, err := p.services.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &e.Cluster, Services: []string{e.Service}})
	if err != nil {
		return fmt.Errorf("mend the settings cluster and service: %w", err)
	}
	if len(out.Services) != 1 || aws.ToString(out.Services[0].Status) != "ACTIVE" {
		return fmt.Errorf("cluster %s has no such active service; mend the setting service", e.Cluster)
	}
	return nil
}

// firstAgent is the first ECS agent that knows task scale-in protection.
var firstAgent = []int{1, 65, 0}

func (p preflight) agents(ctx context.Context) error {
	listed, err := p.services.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{Cluster: &p.settings.Cluster})
	if err != nil {
		return err
	}
	if len(listed.ContainerInstanceArns) == 0 {
		return fmt.Errorf("the cluster has no instances")
	}
	out, err := p.services.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{
		Cluster: &p.settings.Cluster, ContainerInstances: listed.ContainerInstanceArns})
	if err != nil {
		return err
	}
	for _, i := range out.ContainerInstances {
		if i.VersionInfo == nil || slices.Compare(numbers(aws.ToString(i.VersionInfo.AgentVersion)), firstAgent) < 0 {
			return fmt.Errorf("%s has an agent older than 1.65.0, which knows no task protection: replace the instance by one of a newer image",
				aws.ToString(i.Ec2InstanceId))
		}
	}
	return nil
}

// numbers reads a version; what is not a number counts as 0.
func numbers(version string) []int {
	var found []int
	for part := range strings.SplitSeq(version, ".") {
		n, _ := strconv.Atoi(part)
		found = append(found, n)
	}
	return found
}

func (p preflight) group(ctx context.Context) error {
	out, err := p.groups.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{p.settings.Group}})
	if err == nil && len(out.AutoScalingGroups) == 0 {
		return fmt.Errorf("there is no such Auto Scaling group; mend the setting group")
	}
	return err
}

func (p preflight) targetGroup(ctx context.Context) error {
	if _, err := p.targets.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &p.settings.TargetGroupARN}); err != nil {
		return fmt.Errorf("mend the setting targetGroupArn: %w", err)
	}
	return nil
}

func (p preflight) logGroup(ctx context.Context) error {
	out, err := p.logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &p.settings.LogGroup})
	if err != nil {
		return err
	}
	for _, g := range out.LogGroups {
		if aws.ToString(g.LogGroupName) == p.settings.LogGroup {
			return nil
		}
	}
	return fmt.Errorf("there is no such log group; mend the setting logGroup")
}

func (p preflight) dataBuckets() []string {
	var names []string
	for _, prefix := range slices.Concat(p.settings.WritePrefixes, p.settings.ReadPrefixes) {
		if !slices.Contains(names, prefix.Bucket) {
			names = append(names, prefix.Bucket)
		}
	}
	return names
}

func (p preflight) bucket(ctx context.Context, name string) error {
	_, err := p.buckets.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name})
	switch {
	case err == nil:
		return nil
	case strings.HasPrefix(name, "cdk-"):
		return fmt.Errorf("run: npx aws-cdk@2.1148.1 bootstrap aws://%s/%s --profile district-builder (%w)", p.settings.Account, p.settings.Region, err)
	default:
		return fmt.Errorf("it does not exist, or is not ours; mend writePrefixes or readPrefixes (%w)", err)
	}
}

func (p preflight) events(ctx context.Context) error {
	out, err := p.buckets.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{Bucket: &p.settings.UploadBucket})
	if err == nil && out.EventBridgeConfiguration == nil {
		return fmt.Errorf("its notifications to EventBridge are off, so uploads start nothing: see docs/deploying.md, section 6")
	}
	return err
}

func (p preflight) secret(ctx context.Context, arn string) error {
	_, err := p.secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &arn})
	return err
}

func (p preflight) certificates(action string) error {
	if _, err := os.Stat(filepath.Join(p.dist, action, "database-ca.pem")); err != nil {
		return fmt.Errorf("database-ca.pem is not beside the binary: see docs/deploying.md, section 3, then make build")
	}
	return nil
}

// leastUnreserved is what Lambda demands to be left when concurrency is reserved, and reserved is what this project reserves.
const leastUnreserved, reserved = 100, 2

func (p preflight) concurrency(ctx context.Context) error {
	out, err := p.functions.GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
	if err != nil {
		return err
	}
	if out.AccountLimit == nil || aws.ToInt32(out.AccountLimit.UnreservedConcurrentExecutions) < leastUnreserved+reserved {
		return fmt.Errorf("the account's limit leaves none to reserve; ask for a higher one, or set noReservedConcurrency to true")
	}
	return nil
}
