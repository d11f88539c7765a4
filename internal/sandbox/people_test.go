package sandbox

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/smithy-go"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
)

// TestPeopleMayWhatTheirPolicySays: operators start, watch and ask what is left; approvers approve and watch. Neither
// may call a function that changes anything, or touch data.
func TestPeopleMayWhatTheirPolicySays(t *testing.T) {
	tr := newTrial(t, func(o *Options) { o.Bubble, o.Clock = false, asl.RealClock{} })
	e, err := tr.account.StartExecution("dbops-staging-restart-services", "run", []byte(`{"no such field":1}`))
	if err != nil {
		t.Fatal(err)
	}
	e.Wait()
	machine := aws.String(machineARN("dbops-staging-restart-services"))
	const watch, start, nobody = "operators approvers", "operators", ""
	tests := []struct {
		name string
		may  string
		do   func(ctx context.Context, states *sfn.Client, functions *lambda.Client, data *s3.Client) error
	}{
		{"start", start, func(ctx context.Context, states *sfn.Client, _ *lambda.Client, _ *s3.Client) error {
			_, err := states.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: machine, Input: aws.String(`{"no such field":1}`)})
			return err
		}},
		{"start production's", nobody, func(ctx context.Context, states *sfn.Client, _ *lambda.Client, _ *s3.Client) error {
			_, err := states.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(machineARN("dbops-production-restart-services"))})
			return err
		}},
		{"stop", nobody, func(ctx context.Context, states *sfn.Client, _ *lambda.Client, _ *s3.Client) error {
			_, err := states.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: &e.ARN})
			return err
		}},
		{"list the machines", watch, func(ctx context.Context, states *sfn.Client, _ *lambda.Client, _ *s3.Client) error {
			_, err := states.ListStateMachines(ctx, &sfn.ListStateMachinesInput{})
			return err
		}},
		{"look at a machine", watch, func(ctx context.Context, states *sfn.Client, _ *lambda.Client, _ *s3.Client) error {
			_, err := states.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: machine})
			return err
		}},
		{"list executions", watch, func(ctx context.Context, states *sfn.Client, _ *lambda.Client, _ *s3.Client) error {
			_, err := states.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: machine})
			return err
		}},
		{"look at an execution", watch, func(ctx context.Context, states *sfn.Client, _ *lambda.Client, _ *s3.Client) error {
			_, err := states.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &e.ARN})
			return err
		}},
		{"read its history", watch, func(ctx context.Context, states *sfn.Client, _ *lambda.Client, _ *s3.Client) error {
			_, err := states.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: &e.ARN})
			return err
		}},
		{"ask what is left", watch, func(ctx context.Context, _ *sfn.Client, functions *lambda.Client, _ *s3.Client) error {
			_, err := functions.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("dbops-staging-list-left"), Payload: []byte(`{"run":"run"}`)})
			return err
		}},
		{"restore a region", nobody, func(ctx context.Context, _ *sfn.Client, functions *lambda.Client, _ *s3.Client) error {
			_, err := functions.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("dbops-staging-restore-region"), Payload: []byte(`{}`)})
			return err
		}},
		{"bump versions", nobody, func(ctx context.Context, _ *sfn.Client, functions *lambda.Client, _ *s3.Client) error {
			_, err := functions.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("dbops-staging-bump-versions"), Payload: []byte(`{}`)})
			return err
		}},
		{"list runs", watch, func(ctx context.Context, _ *sfn.Client, _ *lambda.Client, data *s3.Client) error {
			_, err := data.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &tr.env.StateBucket})
			return err
		}},
		{"take the lock away", nobody, func(ctx context.Context, _ *sfn.Client, _ *lambda.Client, data *s3.Client) error {
			_, err := data.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &tr.env.StateBucket, Key: aws.String("lock.json")})
			return err
		}},
		{"overwrite data", nobody, func(ctx context.Context, _ *sfn.Client, _ *lambda.Client, data *s3.Client) error {
			_, err := data.PutObject(ctx, &s3.PutObjectInput{Bucket: &tr.env.DataBucket, Key: aws.String("regions/x"), Body: strings.NewReader("x")})
			return err
		}},
	}
	for _, who := range []string{"operators", "approvers"} {
		config := tr.account.config("dbops-staging-" + who)
		states, functions, data := sfn.NewFromConfig(config), lambda.NewFromConfig(config), s3.NewFromConfig(config)
		for _, tt := range tests {
			err := tt.do(t.Context(), states, functions, data)
			var refused smithy.APIError
			denied := errors.As(err, &refused) && strings.HasPrefix(refused.ErrorCode(), "AccessDenied")
			if may := strings.Contains(tt.may, who); denied == may {
				t.Errorf("%s, %s: %v, want them to be permitted: %v", who, tt.name, err, may)
			}
		}
	}
	for who, may := range map[string]bool{"operators": false, "approvers": true} { // no machine waits for an approval yet
		approve := iam.Request{Action: "states:SendTaskSuccess", Resource: *machine}
		if refused := tr.account.iam.decide(tr.account.iam.principals[accessKey("dbops-staging-"+who)], approve); (refused == nil) != may {
			t.Errorf("%s may approve: %v, want %v", who, refused == nil, may)
		}
	}
}
