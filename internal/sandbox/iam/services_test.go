package iam

import (
	"context"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

func TestRequestsOfTheRest(t *testing.T) {
	t.Parallel()
	runRequestCases(t, []requestCase{
		{"a secret by ARN", func(ctx context.Context, config aws.Config) error {
			return failed(secretsmanager.NewFromConfig(config).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("arn:aws:secretsmanager:us-east-1:111122223333:secret:s-XyZ123")}))
		}, []string{"secretsmanager:GetSecretValue arn:aws:secretsmanager:us-east-1:111122223333:secret:s-XyZ123"}},
		{"a secret by name", func(ctx context.Context, config aws.Config) error {
			return failed(secretsmanager.NewFromConfig(config).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("s")}))
		}, []string{"secretsmanager:GetSecretValue arn:aws:secretsmanager:us-east-1:111122223333:secret:s-AbCdEf"}},
		{"publish", func(ctx context.Context, config aws.Config) error {
			return failed(sns.NewFromConfig(config).Publish(ctx, &sns.PublishInput{TopicArn: aws.String("arn:aws:sns:us-east-1:111122223333:t"), Message: aws.String("m")}))
		}, []string{"sns:Publish arn:aws:sns:us-east-1:111122223333:t"}},
		{"a text message", func(ctx context.Context, config aws.Config) error {
			return failed(sns.NewFromConfig(config).Publish(ctx, &sns.PublishInput{PhoneNumber: aws.String("+1"), Message: aws.String("m")}))
		}, nil},
		{"start", onStates(func(ctx context.Context, s *sfn.Client) error {
			return failed(s.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(machine)}))
		}), []string{"states:StartExecution " + machine}},
		{"describe an execution", onStates(func(ctx context.Context, s *sfn.Client) error {
			return failed(s.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(execution)}))
		}), []string{"states:DescribeExecution " + execution}},
		{"history", onStates(func(ctx context.Context, s *sfn.Client) error {
			return failed(s.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: aws.String(execution)}))
		}), []string{"states:GetExecutionHistory " + execution}},
		{"stop", onStates(func(ctx context.Context, s *sfn.Client) error {
			return failed(s.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: aws.String(execution)}))
		}), []string{"states:StopExecution " + execution}},
		{"machines", onStates(func(ctx context.Context, s *sfn.Client) error {
			return failed(s.ListStateMachines(ctx, &sfn.ListStateMachinesInput{}))
		}), []string{"states:ListStateMachines *"}},
		{"approve", onStates(func(ctx context.Context, s *sfn.Client) error {
			return failed(s.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: aws.String("token"), Output: aws.String("{}")}))
		}), []string{"states:SendTaskSuccess " + machine}},
		{"approve with a token of nobody", onStates(func(ctx context.Context, s *sfn.Client) error {
			return failed(s.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{TaskToken: aws.String("other")}))
		}), nil},
		{"create a machine is not known", onStates(func(ctx context.Context, s *sfn.Client) error {
			return failed(s.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: aws.String(machine)}))
		}), nil},
		{"create a bucket is not known", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("b")}))
		}), nil},
		{"a bucket's policy is not known", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String("b")}))
		}), nil},
		{"an object's ACL is not known", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.GetObjectAcl(ctx, &s3.GetObjectAclInput{Bucket: aws.String("b"), Key: aws.String("k")}))
		}), nil},
		{"grants are not known", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("b"), Key: aws.String("k"), GrantRead: aws.String("id=1")}))
		}), nil},
		{"a copy from an access point is not known", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: aws.String("b"), Key: aws.String("k"), CopySource: aws.String("arn:aws:s3:us-east-1:1:accesspoint/a/object/k")}))
		}), nil},
		{"a key that is not named by its ARN", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("b"), Key: aws.String("k"), ServerSideEncryption: types.ServerSideEncryptionAwsKms}))
		}), nil},
	})
}

func TestRequestsOfLambdaAndSTS(t *testing.T) {
	t.Parallel()
	const function = "arn:aws:lambda:us-east-1:111122223333:function:f"
	for target, want := range map[string]string{
		"/2015-03-31/functions/f/invocations":                                                            "lambda:InvokeFunction " + function,
		"/2015-03-31/functions/f:live/invocations":                                                       "lambda:InvokeFunction " + function + ":live",
		"/2015-03-31/functions/f/invocations?Qualifier=live":                                             "lambda:InvokeFunction " + function + ":live",
		"/2015-03-31/functions/111122223333:function:f/invocations":                                      "lambda:InvokeFunction " + function,
		"/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A111122223333%3Afunction%3Af/invocations": "lambda:InvokeFunction " + function,
		"/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:f:live/invocations":        "lambda:InvokeFunction " + function + ":live",
		"/2015-03-31/functions/f/configuration":                                                          "",
		"/2015-03-31/functions/f":                                                                        "",
	} {
		got, err := account.Requests(signed(http.MethodPost, target, "lambda", "{}"), []byte("{}"))
		if (err != nil) != (want == "") || err == nil && describe(got)[0] != want {
			t.Errorf("%s needs %v, %v", target, describe(got), err)
		}
	}
	for body, known := range map[string]bool{"Action=GetCallerIdentity&Version=2011-06-15": true, "Action=AssumeRole&Version=2011-06-15": false} {
		got, err := account.Requests(signed(http.MethodPost, "/", "sts", body), []byte(body))
		if len(got) != 0 || (err == nil) != known {
			t.Errorf("%s needs %v, %v", body, describe(got), err)
		}
	}
}
