package iam

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"
)

func TestTheSDKReadsARefusal(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { Refuse(w, r, "id", "no <because>") }))
	t.Cleanup(server.Close)
	config := aws.Config{
		Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIDTEST", "secret", ""),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
	for _, tt := range []struct {
		name, code, message string
		call                func(context.Context) error
	}{
		{"s3", "AccessDenied", "no <because>", func(ctx context.Context) error {
			return failed(s3.NewFromConfig(config).GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("b"), Key: aws.String("k")}))
		}},
		{"s3 without a body", "Forbidden", "Forbidden", func(ctx context.Context) error {
			return failed(s3.NewFromConfig(config).HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String("b"), Key: aws.String("k")}))
		}},
		{"ecs", "AccessDeniedException", "no <because>", func(ctx context.Context) error {
			return failed(ecs.NewFromConfig(config).ListTasks(ctx, &ecs.ListTasksInput{}))
		}},
		{"states", "AccessDeniedException", "no <because>", func(ctx context.Context) error {
			return failed(sfn.NewFromConfig(config).ListStateMachines(ctx, &sfn.ListStateMachinesInput{}))
		}},
		{"autoscaling", "AccessDenied", "no <because>", func(ctx context.Context) error {
			return failed(autoscaling.NewFromConfig(config).DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{}))
		}},
		{"cloudwatch", "AccessDenied", "no <because>", func(ctx context.Context) error {
			return failed(cloudwatch.NewFromConfig(config).DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{}))
		}},
		{"sns", "AuthorizationError", "no <because>", func(ctx context.Context) error {
			return failed(sns.NewFromConfig(config).Publish(ctx, &sns.PublishInput{TopicArn: aws.String("arn"), Message: aws.String("m")}))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var refused smithy.APIError
			if err := tt.call(t.Context()); !errors.As(err, &refused) || refused.ErrorCode() != tt.code || refused.ErrorMessage() != tt.message {
				t.Errorf("the SDK says %v", err)
			}
		})
	}
	lambda := httptest.NewRecorder()
	Refuse(lambda, signed(http.MethodPost, "/2015-03-31/functions/f/invocations", "lambda", "{}"), "id", "no")
	if lambda.Code != http.StatusForbidden || lambda.Body.String() != `{"Message":"no"}` {
		t.Errorf("Lambda says %d %s", lambda.Code, lambda.Body)
	}
}
