// Command preflight says on one screen what a deployment would lack in the account. It reads only.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
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

func main() {
	environment := flag.String("env", "staging", "staging or production")
	profile := flag.String("profile", "district-builder", "the profile of the AWS command; empty: the default credentials")
	flag.Parse()
	missing, err := run(context.Background(), *environment, *profile)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if missing || err != nil {
		os.Exit(1)
	}
}

func run(ctx context.Context, environment, profile string) (missing bool, err error) {
	all, _, err := settings.Load("cdk.json")
	if err != nil {
		return false, err
	}
	for _, e := range all {
		if strings.EqualFold(e.Name, environment) {
			cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(e.Region), config.WithSharedConfigProfile(profile))
			if err != nil {
				return false, err
			}
			p := preflight{
				settings: e, dist: "dist",
				identity: sts.NewFromConfig(cfg), services: ecs.NewFromConfig(cfg), groups: autoscaling.NewFromConfig(cfg),
				targets: elb.NewFromConfig(cfg), logs: cloudwatchlogs.NewFromConfig(cfg), buckets: s3.NewFromConfig(cfg),
				functions: lambda.NewFromConfig(cfg), secrets: secretsmanager.NewFromConfig(cfg),
			}
			return report(os.Stdout, e.Name, p.run(ctx)), nil
		}
	}
	return false, fmt.Errorf("cdk.json has no settings for %s", environment)
}
