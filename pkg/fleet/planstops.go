package fleet

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

type stopPlan struct {
	stop   []string
	output StopTasksOutput
}

// planStops decides which tasks to stop. It refuses the whole list when one task is not what the survey said.
func planStops(in StopTasksInput, service string, tasks []types.Task, health targets) (stopPlan, error) {
	if surprises := unexpected(in, service, tasks); len(surprises) > 0 {
		return stopPlan{}, fault.New(fault.UnexpectedTasks, "nothing was stopped: %s. Compare the service's tasks with the survey and stop the old ones by hand, or start again",
			strings.Join(surprises[:min(5, len(surprises))], "; "))
	}
	old := set(in.Tasks)
	fresh := 0
	var running, leaving []string
	for _, t := range tasks {
		arn := aws.ToString(t.TaskArn)
		switch {
		case !old[arn]:
			if health.healthy(t) {
				fresh++
			}
		case isStopped(t):
		case aws.ToString(t.DesiredStatus) == "STOPPED":
			leaving = append(leaving, arn)
		default:
			running = append(running, arn)
		}
	}
	out := StopTasksOutput{Stopped: []string{}, Gone: len(in.Tasks) - len(running) - len(leaving), Leaving: len(leaving), Running: len(running)}
	if fresh >= in.Keep {
		out.Stopped = append(out.Stopped, running...)
		out.Leaving, out.Running = out.Leaving+len(running), 0
	} else if len(running) > 0 {
		out.Why = fmt.Sprintf("%d new tasks are running and healthy, %d are needed before an old one is stopped", fresh, in.Keep)
	}
	out.Done = out.Gone == len(in.Tasks)
	return stopPlan{stop: out.Stopped, output: out}, nil
}

// unexpected returns what differs from the survey. Old is a task by its ARN; when it was started must confirm it.
func unexpected(in StopTasksInput, service string, tasks []types.Task) []string {
	var found []string
	add := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if in.Before != len(in.Tasks) {
		add("%d old tasks are listed, there were %d before", len(in.Tasks), in.Before)
	}
	old := set(in.Tasks)
	for _, t := range tasks {
		arn := aws.ToString(t.TaskArn)
		early := t.StartedAt != nil && t.StartedAt.Before(in.ScaledOutAt)
		switch {
		case old[arn] && aws.ToString(t.Group) != "service:"+service:
			add("%s is of %s, not of service %s", arn, aws.ToString(t.Group), service)
		case old[arn] && !early && !isStopped(t):
			add("%s is listed as old, but it started at %s, and the scale-out was at %s", arn, stamp(t.StartedAt), stamp(&in.ScaledOutAt))
		case !old[arn] && early && isRunning(t):
			add("%s started at %s, before the scale-out at %s, and is not in the list", arn, stamp(t.StartedAt), stamp(&in.ScaledOutAt))
		}
	}
	return found
}

// stamp writes a time as every action does.
func stamp(t *time.Time) string {
	if t == nil {
		return "no time yet"
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

func set(list []string) map[string]bool {
	in := make(map[string]bool, len(list))
	for _, s := range list {
		in[s] = true
	}
	return in
}
