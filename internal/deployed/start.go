package deployed

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

type startsExecutions interface {
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
}

// Start starts one of the environment's machines and returns the execution's ARN. The same name and input start one execution,
// however often the call is made.
func Start(ctx context.Context, client startsExecutions, e Environment, machine, name, input string) (arn string, err error) {
	out, err := client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(e.Machines[machine]), Name: &name, Input: &input})
	var taken *types.ExecutionAlreadyExists
	if errors.As(err, &taken) {
		return "", fmt.Errorf("an execution of %s is called %s already; start again", machine, name)
	}
	if err != nil {
		return "", fmt.Errorf("start %s of %s: it may have begun or not, dbops status --env %s shows it: %w", name, machine, e.Name, err)
	}
	return aws.ToString(out.ExecutionArn), nil
}
