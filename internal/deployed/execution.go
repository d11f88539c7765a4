package deployed

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

type describesExecutions interface {
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
}

// Resolve finds the execution that an operator names, by its ARN or by its name alone, and returns its ARN.
func Resolve(ctx context.Context, client describesExecutions, e Environment, arnOrName string) (string, error) {
	candidates := []string{arnOrName}
	if strings.HasPrefix(arnOrName, "arn:") {
		if _, err := e.machineOf(arnOrName); err != nil {
			return "", err
		}
	} else {
		candidates = nil
		for _, m := range machines {
			candidates = append(candidates, executionARN(e.Machines[m], arnOrName))
		}
	}
	var found []string
	for _, arn := range candidates {
		_, err := client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
		var missing *types.ExecutionDoesNotExist
		switch {
		case errors.As(err, &missing):
		case err != nil:
			return "", fmt.Errorf("look for execution %s: %w", arn, err)
		default:
			found = append(found, arn)
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("%s has no execution %s; dbops status --env %[1]s lists those that run", e.Name, arnOrName)
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("%s has several executions of that name; give one's ARN: %s", e.Name, strings.Join(found, ", "))
}

// RunName is the name of the run that an operator names, by itself or by its execution's ARN.
func RunName(arnOrName string) string { return nameOf(arnOrName) }
