package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// StopTasksInput is stop-tasks' input.
type StopTasksInput struct {
	Run         string    `json:"run,omitempty"`
	Tasks       []string  `json:"tasks"`       // ARNs of the old tasks, as surveyed
	Before      int       `json:"before"`      // how many there were before
	ScaledOutAt time.Time `json:"scaledOutAt"` // just before the scale-out
	Keep        int       `json:"keep"`        // healthy new tasks without which no old one is stopped
}

// Validate implements lambdarun.Validator.
func (in StopTasksInput) Validate() error {
	switch {
	case in.Before < 1:
		return errors.New("before: expected the number of tasks that the survey found, 1 or more")
	case in.Keep < 1:
		return errors.New("keep: expected the service's usual count, 1 or more")
	case in.ScaledOutAt.IsZero():
		return errors.New("scaledOutAt is missing; expected the time just before the scale-out")
	}
	if err := validTasks("tasks", in.Tasks); err != nil {
		return err
	}
	return Origin{Run: in.Run}.validate()
}

// StopTasksOutput is stop-tasks' output. Every old task is counted once in gone, leaving and running.
type StopTasksOutput struct {
	Stopped []string `json:"stopped"` // told to stop by this call
	Gone    int      `json:"gone"`    // STOPPED, or unknown by now
	Leaving int      `json:"leaving"` // told to stop, by this call or before; draining takes five minutes
	Running int      `json:"running"` // not told to stop, because too few new tasks are healthy
	Done    bool     `json:"done"`    // every old task is gone
	Why     string   `json:"why,omitempty"`
}

type stopsTasks interface {
	readsService
	readsTasks
	StopTask(context.Context, *ecs.StopTaskInput, ...func(*ecs.Options)) (*ecs.StopTaskOutput, error)
}

// StopTasks stops the tasks of before the scale-out that linger. An old task is only stopped while enough new
// ones are healthy, and it is done when each is STOPPED: a running count does not include tasks that are stopping.
type StopTasks struct {
	ECS         stopsTasks
	Targets     readsTargets
	Cluster     string
	Service     string
	TargetGroup string
}

// Run is stop-tasks.
func (v StopTasks) Run(ctx context.Context, in StopTasksInput) (StopTasksOutput, error) {
	tasks, err := v.tasks(ctx, in.Tasks)
	if err != nil {
		return StopTasksOutput{}, err
	}
	service, err := describeService(ctx, v.ECS, v.Cluster, v.Service)
	if err != nil {
		return StopTasksOutput{}, err
	}
	health, err := describeTargets(ctx, v.Targets, service, v.TargetGroup)
	if err != nil {
		return StopTasksOutput{}, err
	}
	plan, err := planStops(in, v.Service, tasks, health)
	if err != nil {
		return StopTasksOutput{}, err
	}
	return plan.output, v.stop(ctx, in.Run, plan.stop)
}

// tasks describes the service's tasks and the old ones, whether they are still among them or not.
func (v StopTasks) tasks(ctx context.Context, old []string) ([]types.Task, error) {
	arns, err := listTasks(ctx, v.ECS, v.Cluster, v.Service, types.DesiredStatusRunning)
	if err != nil {
		return nil, err
	}
	return describeTasks(ctx, v.ECS, v.Cluster, union(old, arns))
}

func (v StopTasks) stop(ctx context.Context, run string, tasks []string) error {
	reason := "replaced by a new task"
	if run != "" {
		reason += " in run " + run
	}
	for _, arn := range tasks {
		if _, err := v.ECS.StopTask(ctx, &ecs.StopTaskInput{Cluster: &v.Cluster, Task: aws.String(arn), Reason: aws.String(reason)}); err != nil {
			return fmt.Errorf("stop old task %s: %w", arn, err)
		}
	}
	return nil
}

// union returns the elements of both lists once, those of a first.
func union(a, b []string) []string {
	seen := map[string]bool{}
	var all []string
	for _, list := range [][]string{a, b} {
		for _, s := range list {
			if !seen[s] {
				seen[s] = true
				all = append(all, s)
			}
		}
	}
	return all
}
