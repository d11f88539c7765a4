package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/publicmapping/districtbuilder-ops/internal/deployed"
)

// target is the environment that a command is about, and the way to it.
type target struct {
	Env         string  `enum:"staging,production" default:"staging" help:"staging or production."`
	Profile     *string `help:"The profile of the aws command: district-builder. Empty, and with --endpoint-url: the default credentials."`
	Region      string  `default:"us-east-1" help:"The AWS region."`
	EndpointURL string  `name:"endpoint-url" env:"AWS_ENDPOINT_URL" help:"Where the account is, if not in AWS: the sandbox's address."`
}

// defaultProfile is the operators' own.
const defaultProfile = "district-builder"

func (t target) profile() string {
	switch {
	case t.Profile != nil:
		return *t.Profile
	case t.EndpointURL != "":
		return ""
	}
	return defaultProfile
}

func (t target) caller() deployed.Caller {
	return deployed.Caller{Profile: t.profile(), Region: t.Region, Endpoint: t.EndpointURL}
}

// again is a dbops command on the same target, to be typed.
func (t target) again(words ...string) string {
	words = append([]string{"dbops"}, append(words, "--env", t.Env)...)
	if t.Profile != nil {
		words = append(words, "--profile="+*t.Profile)
	}
	if t.Region != "us-east-1" {
		words = append(words, "--region", t.Region)
	}
	if t.EndpointURL != "" {
		words = append(words, "--endpoint-url", t.EndpointURL)
	}
	return strings.Join(words, " ")
}

// session is a target that was found.
type session struct {
	target
	console     *console
	environment deployed.Environment
	machines    *sfn.Client
	functions   *lambda.Client
	objects     *s3.Client
}

// open finds the environment.
func (t target) open(ctx context.Context, c *console) (*session, error) {
	options := []func(*config.LoadOptions) error{config.WithRegion(t.Region)}
	if profile := t.profile(); profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	if t.EndpointURL != "" {
		options = append(options, config.WithBaseEndpoint(t.EndpointURL))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration (profile %q): %w", t.profile(), err)
	}
	s := &session{
		target: t, console: c, machines: sfn.NewFromConfig(cfg), functions: lambda.NewFromConfig(cfg),
		objects: s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = t.EndpointURL != "" }),
	}
	s.environment, err = deployed.Find(ctx, ssm.NewFromConfig(cfg), t.Env)
	return s, err
}

// wait waits for so long in real time.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
