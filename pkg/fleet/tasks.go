package fleet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

type listsTasks interface {
	ListTasks(context.Context, *ecs.ListTasksInput, ...func(*ecs.Options)) (*ecs.ListTasksOutput, error)
}

type readsTasks interface {
	listsTasks
	DescribeTasks(context.Context, *ecs.DescribeTasksInput, ...func(*ecs.Options)) (*ecs.DescribeTasksOutput, error)
}

// describable is how many tasks one DescribeTasks or GetTaskProtection call takes.
const describable = 100

// listTasks returns the ARNs of the service's tasks that ECS wants to be in the given state, sorted.
// A task that was told to stop counts as STOPPED at once, and is visible for at least an hour.
func listTasks(ctx context.Context, client listsTasks, cluster, service string, desired types.DesiredStatus) ([]string, error) {
	var arns []string
	pages := ecs.NewListTasksPaginator(client, &ecs.ListTasksInput{Cluster: &cluster, ServiceName: &service, DesiredStatus: desired})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, serviceError("list tasks of", cluster, service, err)
		}
		arns = append(arns, page.TaskArns...)
	}
	slices.Sort(arns)
	return slices.Compact(arns), nil
}

// describeTasks returns the tasks that ECS still knows. The others have been gone for an hour or more.
func describeTasks(ctx context.Context, client readsTasks, cluster string, arns []string) ([]types.Task, error) {
	var tasks []types.Task
	for batch := range slices.Chunk(arns, describable) {
		out, err := client.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: batch})
		if err != nil {
			return nil, fmt.Errorf("describe %d tasks in cluster %s: %w", len(batch), cluster, err)
		}
		for _, f := range out.Failures {
			if reason := aws.ToString(f.Reason); reason != "MISSING" {
				return nil, fmt.Errorf("describe task %s: %s %s", aws.ToString(f.Arn), reason, aws.ToString(f.Detail))
			}
		}
		tasks = append(tasks, out.Tasks...)
	}
	return tasks, nil
}

// isRunning reports whether the task runs and is meant to: desiredStatus becomes STOPPED first, lastStatus follows.
func isRunning(t types.Task) bool {
	return aws.ToString(t.LastStatus) == "RUNNING" && aws.ToString(t.DesiredStatus) == "RUNNING"
}

func isStopped(t types.Task) bool { return aws.ToString(t.LastStatus) == "STOPPED" }

// validTasks checks a list of task ARNs in an input.
func validTasks(field string, arns []string) error {
	if len(arns) == 0 {
		return fmt.Errorf("%s: the list is empty; expected task ARNs", field)
	}
	if len(arns) > 200 {
		return fmt.Errorf("%s: %d tasks, at most 200 are expected", field, len(arns))
	}
	seen := map[string]bool{}
	for _, arn := range arns {
		if !strings.HasPrefix(arn, "arn:") || !strings.Contains(arn, ":task/") || len(arn) > 400 {
			return fmt.Errorf("%s: %q is no task ARN", field, arn)
		}
		if seen[arn] {
			return fmt.Errorf("%s: %s is listed twice", field, arn)
		}
		seen[arn] = true
	}
	return nil
}
