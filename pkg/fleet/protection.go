package fleet

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

type readsProtection interface {
	GetTaskProtection(context.Context, *ecs.GetTaskProtectionInput, ...func(*ecs.Options)) (*ecs.GetTaskProtectionOutput, error)
}

// protectedTasks returns those of the tasks that are protected from scale-in. A task that is gone is not.
func protectedTasks(ctx context.Context, client readsProtection, cluster string, arns []string) ([]string, error) {
	protected := []string{}
	for batch := range slices.Chunk(arns, describable) {
		out, err := client.GetTaskProtection(ctx, &ecs.GetTaskProtectionInput{Cluster: &cluster, Tasks: batch})
		if err != nil {
			return nil, fmt.Errorf("read the protection of %d tasks: %w", len(batch), err)
		}
		for _, f := range out.Failures {
			if reason := aws.ToString(f.Reason); reason != "MISSING" {
				return nil, fmt.Errorf("read the protection of task %s: %s %s", aws.ToString(f.Arn), reason, aws.ToString(f.Detail))
			}
		}
		for _, t := range out.ProtectedTasks {
			if t.ProtectionEnabled {
				protected = append(protected, aws.ToString(t.TaskArn))
			}
		}
	}
	return protected, nil
}
