package fleet

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/readiness"
)

// PollHealthInput is poll-health's input.
type PollHealthInput struct {
	Run               string         `json:"run,omitempty"`
	OldTasks          []string       `json:"oldTasks"`              // ARNs, as surveyed; every other task is new
	Expected          int            `json:"expected"`              // healthy new tasks wanted
	Usual             int            `json:"usual"`                 // tasks that stay afterwards
	ScaledOutAt       *time.Time     `json:"scaledOutAt,omitempty"` // just before the scale-out; absent: the first look
	Since             *time.Time     `json:"since,omitempty"`       // tells the new tasks that started since then from the others
	StuckAfterSeconds int            `json:"stuckAfterSeconds,omitempty"`
	Look              readiness.Look `json:"look,omitzero"` // from the previous answer
}

const defaultStuckAfter = 600 // seconds

// Validate implements lambdarun.Validator.
func (in PollHealthInput) Validate() error {
	switch {
	case in.Expected < 1:
		return errors.New("expected: a number of healthy new tasks, 1 or more")
	case in.Usual < 1:
		return errors.New("usual: the service's usual count, 1 or more")
	case in.StuckAfterSeconds < 0 || in.StuckAfterSeconds > 24*3600:
		return errors.New("stuckAfterSeconds: expected 1 to 86400, or none for 600")
	}
	if err := validTasks("oldTasks", in.OldTasks); err != nil {
		return err // without them every task would look new, and a fleet that was never restarted healthy
	}
	return Origin{Run: in.Run}.validate()
}

type pollsService interface {
	readsService
	readsTasks
}

// PollHealth takes one look at the fleet. A fleet that is failing is a verdict, not an error.
type PollHealth struct {
	ECS         pollsService
	Targets     readsTargets
	Logs        readsLog
	Cluster     string
	Service     string
	TargetGroup string
	LogGroup    string
	Container   string
	Now         func() time.Time
}

// PollHealthOutput is poll-health's output.
type PollHealthOutput struct {
	readiness.Report
	// StartedSince counts the healthy new tasks that started since the input's moment: those that have surely loaded
	// what was live then. StartedBefore counts the new tasks, healthy or not, that run and had started before: they may
	// have loaded something else.
	StartedSince  int `json:"startedSince"`
	StartedBefore int `json:"startedBefore"`
}

// Run is poll-health.
func (v PollHealth) Run(ctx context.Context, in PollHealthInput) (PollHealthOutput, error) {
	now := v.Now()
	since := in.Look.Since(now)
	if in.ScaledOutAt != nil {
		since = *in.ScaledOutAt
	}
	service, err := describeService(ctx, v.ECS, v.Cluster, v.Service)
	if err != nil {
		return PollHealthOutput{}, err
	}
	tasks, err := v.tasks(ctx, in, service, since)
	if err != nil {
		return PollHealthOutput{}, err
	}
	log, err := readLog(ctx, v.Logs, v.LogGroup, in.Look.Cursor, logStart(tasks, since), now)
	if err != nil {
		return PollHealthOutput{}, err
	}
	stuckAfter := defaultStuckAfter
	if in.StuckAfterSeconds > 0 {
		stuckAfter = in.StuckAfterSeconds
	}
	in.Look.Cursor = log.next
	report := readiness.Judge(readiness.Input{
		Now: now, Expected: in.Expected, Usual: in.Usual, StuckAfter: time.Duration(stuckAfter) * time.Second,
		Tasks: tasks, Lines: log.lines, Lagging: log.lagging, Events: placementEvents(service, since),
	}, in.Look)
	out := PollHealthOutput{Report: report}
	out.count(tasks, in.Since)
	return out, nil
}

func (out *PollHealthOutput) count(tasks []readiness.Task, since *time.Time) {
	for _, t := range tasks {
		switch {
		case since == nil || t.Old || t.Stopping || t.Status != "RUNNING":
		case t.Started.Before(*since):
			out.StartedBefore++
		case t.Health == "healthy":
			out.StartedSince++
		}
	}
}

// tasks describes the old tasks and all that are new. A task that is stopped or stopping is listed for an hour or
// more, so it is new only if it was created since the scale-out, or if an earlier look has seen it run.
func (v PollHealth) tasks(ctx context.Context, in PollHealthInput, service types.Service, since time.Time) ([]readiness.Task, error) {
	arns := in.OldTasks
	for _, desired := range []types.DesiredStatus{types.DesiredStatusRunning, types.DesiredStatusStopped} {
		listed, err := listTasks(ctx, v.ECS, v.Cluster, v.Service, desired)
		if err != nil {
			return nil, err
		}
		arns = union(arns, listed)
	}
	described, err := describeTasks(ctx, v.ECS, v.Cluster, arns)
	if err != nil {
		return nil, err
	}
	health, err := describeTargets(ctx, v.Targets, service, v.TargetGroup)
	if err != nil {
		return nil, err
	}
	old := set(in.OldTasks)
	var tasks []readiness.Task
	for _, t := range described {
		task := v.task(t, health)
		task.Old = old[task.ARN]
		if task.Old || !task.Stopping || !task.Created.Before(since) || in.Look.Knows(task.ID()) {
			tasks = append(tasks, task)
		}
	}
	return tasks, nil
}

func (v PollHealth) task(t types.Task, health targets) readiness.Task {
	target := health.of(t)
	task := readiness.Task{
		ARN:           aws.ToString(t.TaskArn),
		Status:        aws.ToString(t.LastStatus),
		Stopping:      aws.ToString(t.DesiredStatus) == "STOPPED",
		Created:       aws.ToTime(t.CreatedAt),
		Started:       aws.ToTime(t.StartedAt),
		Health:        string(target.State),
		HealthReason:  string(target.Reason),
		StoppedReason: aws.ToString(t.StoppedReason),
	}
	for _, c := range t.Containers {
		if aws.ToString(c.Name) != v.Container || c.ExitCode == nil {
			continue
		}
		code := int(*c.ExitCode)
		task.ExitCode = &code
		if reason := aws.ToString(c.Reason); reason != "" { // such as OutOfMemoryError
			task.StoppedReason = fmt.Sprintf("%s: %s", reason, task.StoppedReason)
		}
	}
	return task
}

// logStart is where the first look begins to read: no line of a new task is older than the first of them.
func logStart(tasks []readiness.Task, since time.Time) time.Time {
	start := since
	for _, t := range tasks {
		if !t.Old && t.Created.Before(start) {
			start = t.Created
		}
	}
	return start
}

// placementEvents are the service's messages since the scale-out on what it cannot do, newest first as ECS has them.
func placementEvents(service types.Service, since time.Time) []string {
	var texts []string
	for _, e := range service.Events {
		text := aws.ToString(e.Message)
		if e.CreatedAt != nil && !e.CreatedAt.Before(since) && strings.Contains(text, "unable") {
			texts = append(texts, text)
		}
	}
	return texts[:min(2, len(texts))]
}
