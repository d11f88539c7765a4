package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/publicmapping/districtbuilder-ops/stack/settings"
)

// account has what it is told to have.
type account struct {
	number, service, group, logGroup, agent string
	buckets, secrets                        map[string]bool
	events                                  bool
	concurrency                             int32
	targetGroup                             string
}

var errMissing = errors.New("not found")

func (a *account) GetCallerIdentity(context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error) {
	return &sts.GetCallerIdentityOutput{Account: &a.number}, nil
}

func (a *account) DescribeServices(_ context.Context, in *ecs.DescribeServicesInput, _ ...func(*ecs.Options)) (*ecs.DescribeServicesOutput, error) {
	if in.Services[0] != a.service {
		return &ecs.DescribeServicesOutput{Failures: []ecstypes.Failure{{Reason: aws.String("MISSING")}}}, nil
	}
	return &ecs.DescribeServicesOutput{Services: []ecstypes.Service{{Status: aws.String("ACTIVE")}}}, nil
}

func (a *account) ListContainerInstances(context.Context, *ecs.ListContainerInstancesInput, ...func(*ecs.Options)) (*ecs.ListContainerInstancesOutput, error) {
	return &ecs.ListContainerInstancesOutput{ContainerInstanceArns: []string{"i"}}, nil
}

func (a *account) DescribeContainerInstances(context.Context, *ecs.DescribeContainerInstancesInput, ...func(*ecs.Options)) (*ecs.DescribeContainerInstancesOutput, error) {
	return &ecs.DescribeContainerInstancesOutput{ContainerInstances: []ecstypes.ContainerInstance{
		{Ec2InstanceId: aws.String("i-1"), VersionInfo: &ecstypes.VersionInfo{AgentVersion: &a.agent}}}}, nil
}

func (a *account) DescribeAutoScalingGroups(_ context.Context, in *autoscaling.DescribeAutoScalingGroupsInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
	out := &autoscaling.DescribeAutoScalingGroupsOutput{}
	if in.AutoScalingGroupNames[0] == a.group {
		out.AutoScalingGroups = []asgtypes.AutoScalingGroup{{AutoScalingGroupName: &a.group}}
	}
	return out, nil
}

func (a *account) DescribeTargetHealth(_ context.Context, in *elb.DescribeTargetHealthInput, _ ...func(*elb.Options)) (*elb.DescribeTargetHealthOutput, error) {
	if *in.TargetGroupArn != a.targetGroup {
		return nil, errMissing
	}
	return &elb.DescribeTargetHealthOutput{}, nil
}

func (a *account) DescribeLogGroups(context.Context, *cloudwatchlogs.DescribeLogGroupsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error) {
	return &cloudwatchlogs.DescribeLogGroupsOutput{LogGroups: []logtypes.LogGroup{{LogGroupName: aws.String(a.logGroup)}}}, nil
}

func (a *account) HeadBucket(_ context.Context, in *s3.HeadBucketInput, _ ...func(*s3.Options)) (*s3.HeadBucketOutput, error) {
	if !a.buckets[*in.Bucket] {
		return nil, errMissing
	}
	return &s3.HeadBucketOutput{}, nil
}

func (a *account) GetBucketNotificationConfiguration(context.Context, *s3.GetBucketNotificationConfigurationInput, ...func(*s3.Options)) (*s3.GetBucketNotificationConfigurationOutput, error) {
	out := &s3.GetBucketNotificationConfigurationOutput{}
	if a.events {
		out.EventBridgeConfiguration = &s3types.EventBridgeConfiguration{}
	}
	return out, nil
}

func (a *account) GetAccountSettings(context.Context, *lambda.GetAccountSettingsInput, ...func(*lambda.Options)) (*lambda.GetAccountSettingsOutput, error) {
	return &lambda.GetAccountSettingsOutput{AccountLimit: &lambdatypes.AccountLimit{UnreservedConcurrentExecutions: &a.concurrency}}, nil
}

func (a *account) DescribeSecret(_ context.Context, in *secretsmanager.DescribeSecretInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.DescribeSecretOutput, error) {
	if !a.secrets[*in.SecretId] {
		return nil, errMissing
	}
	return &secretsmanager.DescribeSecretOutput{}, nil
}

// staging returns the shipped settings and an account that has all they name.
func staging(t *testing.T) (preflight, *account) {
	t.Helper()
	all, _, err := settings.Load("../../cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	e := all[1]
	a := &account{
		number: e.Account, service: e.Service, group: e.Group, logGroup: e.LogGroup, agent: "1.99.1", events: true, concurrency: 1000, targetGroup: e.TargetGroupARN,
		buckets: map[string]bool{"cdk-hnb659fds-assets-111122223333-us-east-1": true, "districtbuilder-staging-data": true},
		secrets: map[string]bool{},
	}
	for _, arn := range e.Database.SecretARNs {
		a.secrets[arn] = true
	}
	dist := t.TempDir()
	for _, action := range settings.SQLActions {
		if err := os.MkdirAll(filepath.Join(dist, action), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dist, action, "database-ca.pem"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return preflight{e, dist, a, a, a, a, a, a, a, a}, a
}

func TestNothingIsMissing(t *testing.T) {
	p, _ := staging(t)
	var screen bytes.Buffer
	if report(&screen, "Staging", p.run(t.Context())) {
		t.Error(screen.String())
	}
	if lines := strings.Count(screen.String(), "\n"); lines < 12 || lines > 24 {
		t.Errorf("%d lines, want one screen", lines)
	}
}

func TestWhatIsMissingIsNamedWithWhatToDo(t *testing.T) {
	tests := []struct {
		name string
		take func(*preflight, *account)
		want string
	}{
		{"another account", func(_ *preflight, a *account) { a.number = "999999999999" }, "credentials of account 111122223333: the credentials are of account 999999999999"},
		{"no bootstrap", func(_ *preflight, a *account) { delete(a.buckets, "cdk-hnb659fds-assets-111122223333-us-east-1") }, "bootstrap aws://111122223333/us-east-1"},
		{"no service", func(_ *preflight, a *account) { a.service = "" }, "service StagingApp_EC2LaunchType:"},
		{"an old agent", func(_ *preflight, a *account) { a.agent = "1.64.9" }, "i-1 has an agent older than 1.65.0"},
		{"no group", func(_ *preflight, a *account) { a.group = "" }, "mend the setting group"},
		{"no target group", func(_ *preflight, a *account) { a.targetGroup = "" }, "mend the setting targetGroupArn"},
		{"a log group of a longer name", func(_ *preflight, a *account) { a.logGroup += "2" }, "mend the setting logGroup"},
		{"no bucket", func(_ *preflight, a *account) { delete(a.buckets, "districtbuilder-staging-data") }, "bucket districtbuilder-staging-data:"},
		{"no events", func(_ *preflight, a *account) { a.events = false }, "docs/deploying.md, section 6"},
		{"no certificates", func(p *preflight, _ *account) { p.dist = t.TempDir() }, "certificates of find-regions:"},
		{"no secret", func(p *preflight, a *account) { delete(a.secrets, p.settings.Database.SecretARNs["find-regions"]) }, "secret of find-regions: not found"},
		{"a new account", func(_ *preflight, a *account) { a.concurrency = 10 }, "noReservedConcurrency"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, a := staging(t)
			tt.take(&p, a)
			var screen bytes.Buffer
			if !report(&screen, "Staging", p.run(t.Context())) || !strings.Contains(screen.String(), tt.want) {
				t.Errorf("the screen lacks %q:\n%s", tt.want, screen.String())
			}
		})
	}
}
