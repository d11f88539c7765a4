package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

// ProtectTasksInput is protect-tasks' input: tasks or all.
type ProtectTasksInput struct {
	Origin
	// SkipGone leaves out tasks that are gone. Without it they are a refusal: whoever counts on a number of protected
	// tasks must hear of it.
	SkipGone  bool     `json:"skipGone,omitempty"`
	Tasks     []string `json:"tasks,omitempty"` // ARNs
	All       bool     `json:"all,omitempty"`   // every task of the service; only to lift protection
	Protected *bool    `json:"protected"`
	Minutes   int      `json:"minutes,omitempty"` // until protection lapses by itself; default 240
}

const (
	defaultProtection = 240  // minutes
	longestProtection = 2880 // minutes; ECS's limit
	protectable       = 10   // tasks an UpdateTaskProtection call takes
)

// Validate implements lambdarun.Validator.
func (in ProtectTasksInput) Validate() error {
	switch {
	case in.Protected == nil:
		return errors.New("protected is missing; expected true or false")
	case in.All && *in.Protected:
		return errors.New("all goes with \"protected\": false only: with more tasks protected than desired, deployments block")
	case in.All && len(in.Tasks) > 0:
		return errors.New("give tasks or all, not both")
	case in.Minutes < 0 || in.Minutes > longestProtection:
		return fmt.Errorf("minutes: expected 1 to %d, or none for %d", longestProtection, defaultProtection)
	}
	if !in.All {
		if err := validTasks("tasks", in.Tasks); err != nil {
			return err
		}
	}
	return in.Origin.validate()
}

// ProtectTasksOutput is protect-tasks' output.
type ProtectTasksOutput struct {
	Protected []string `json:"protected"` // ARNs that are protected now; none after lifting
	Changed   int      `json:"changed"`   // tasks that were otherwise before
}

type protectsTasks interface {
	listsTasks
	readsProtection
	UpdateTaskProtection(context.Context, *ecs.UpdateTaskProtectionInput, ...func(*ecs.Options)) (*ecs.UpdateTaskProtectionOutput, error)
}

// ProtectTasks protects exactly the given tasks of the service from being chosen when its count is lowered, or lifts
// protection. Protecting again starts the time anew.
type ProtectTasks struct {
	ECS     protectsTasks
	Journal closer
	Cluster string
	Service string
}

// Run is protect-tasks. Protection of other tasks is lifted first: with more tasks protected than desired, ECS refuses.
// A refusal may come after some tasks have been protected: lift all, then. Protecting closes no step: protection lapses,
// so whoever lowers the count later must protect again. Lowering it closes both steps.
func (v ProtectTasks) Run(ctx context.Context, in ProtectTasksInput) (ProtectTasksOutput, error) {
	running, err := listTasks(ctx, v.ECS, v.Cluster, v.Service, types.DesiredStatusRunning)
	if err != nil {
		return ProtectTasksOutput{}, err
	}
	wanted, others := in.divide(running)
	before, err := protectedTasks(ctx, v.ECS, v.Cluster, append(slices.Clone(wanted), others...))
	if err != nil {
		return ProtectTasksOutput{}, err
	}
	lift := slices.DeleteFunc(before, func(arn string) bool { return slices.Contains(wanted, arn) })
	kept := len(before) - len(lift)
	if err := v.set(ctx, lift, false, in); err != nil {
		return ProtectTasksOutput{}, err
	}
	if !*in.Protected {
		return ProtectTasksOutput{Protected: []string{}, Changed: len(lift)}, in.closeStep(ctx, v.Journal, stepProtect)
	}
	if err := v.set(ctx, wanted, true, in); err != nil {
		return ProtectTasksOutput{}, err
	}
	return ProtectTasksOutput{Protected: append([]string{}, wanted...), Changed: len(lift) + len(wanted) - kept}, nil
}

// divide tells the tasks that shall be protected from those that shall not.
func (in ProtectTasksInput) divide(running []string) (wanted, others []string) {
	if in.All {
		return nil, running
	}
	if !*in.Protected {
		return nil, in.Tasks
	}
	gone := func(arn string) bool { return in.SkipGone && !slices.Contains(running, arn) }
	asked := func(arn string) bool { return slices.Contains(in.Tasks, arn) }
	return slices.DeleteFunc(slices.Clone(in.Tasks), gone), slices.DeleteFunc(slices.Clone(running), asked)
}

func (v ProtectTasks) set(ctx context.Context, tasks []string, protected bool, in ProtectTasksInput) error {
	var refused []string
	for batch := range slices.Chunk(tasks, protectable) {
		update := &ecs.UpdateTaskProtectionInput{Cluster: &v.Cluster, Tasks: batch, ProtectionEnabled: protected}
		if protected {
			minutes := in.Minutes
			if minutes == 0 {
				minutes = defaultProtection
			}
			update.ExpiresInMinutes = aws.Int32(int32(minutes))
		}
		out, err := v.ECS.UpdateTaskProtection(ctx, update)
		if err != nil {
			return protectionError(batch, protected, err)
		}
		refused = append(refused, refusals(update, out, in.SkipGone)...)
	}
	if len(refused) > 0 {
		return fault.New(fault.ProtectionRefused, "ECS did not set the protection of %d of %d tasks to %t: %s",
			len(refused), len(tasks), protected, firstFew(refused))
	}
	return nil
}

// refusals compares an answer with its request: ECS refuses single tasks within a successful response.
// A task that is gone needs no lifting.
func refusals(in *ecs.UpdateTaskProtectionInput, out *ecs.UpdateTaskProtectionOutput, skipGone bool) []string {
	var refused []string
	settled := map[string]bool{}
	for _, t := range out.ProtectedTasks {
		settled[aws.ToString(t.TaskArn)] = t.ProtectionEnabled == in.ProtectionEnabled
	}
	for _, f := range out.Failures {
		arn, reason := aws.ToString(f.Arn), aws.ToString(f.Reason)
		settled[arn] = true // accounted for
		if reason != "MISSING" || in.ProtectionEnabled && !skipGone {
			refused = append(refused, strings.TrimSpace(fmt.Sprintf("%s: %s %s", arn, reason, aws.ToString(f.Detail))))
		}
	}
	for _, arn := range in.Tasks {
		if !settled[arn] {
			refused = append(refused, arn+": not confirmed in the answer")
		}
	}
	return refused
}

// protectionError names the errors that mean that these tasks cannot be protected.
func protectionError(batch []string, protected bool, err error) error {
	var unsupported *types.UnsupportedFeatureException
	var invalid *types.InvalidParameterException
	if errors.As(err, &unsupported) || protected && errors.As(err, &invalid) {
		return fault.New(fault.ProtectionRefused, "set the protection of %d tasks: %w (container instances need agent 1.65.0 or newer)", len(batch), err)
	}
	return fmt.Errorf("set the protection of %d tasks: %w", len(batch), err)
}
