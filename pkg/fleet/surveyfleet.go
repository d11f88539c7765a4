package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
)

// SurveyFleetInput is survey-fleet's input.
type SurveyFleetInput struct {
	Run string `json:"run,omitempty"` // with it, the undo entries of a restart are written
}

// Validate implements lambdarun.Validator.
func (in SurveyFleetInput) Validate() error { return Origin{Run: in.Run}.validate() }

// SurveyFleetOutput is the fleet before anything is changed.
type SurveyFleetOutput struct {
	Environment string      `json:"environment"`
	Usual       int         `json:"usual"`  // the service's desired count
	Raised      int         `json:"raised"` // what group and service are raised to: the group's maximum
	Group       GroupSurvey `json:"group"`
	Service     string      `json:"service"`
	Tasks       []string    `json:"tasks"`  // ARNs; these become the old tasks
	Alarms      []string    `json:"alarms"` // in ALARM, at most 20; they do not hinder
	// OtherTargets counts healthy targets that are none of the service's tasks. A restart leaves them alone, so they go on
	// serving what they have loaded.
	OtherTargets int       `json:"otherTargets"`
	SurveyedAt   time.Time `json:"surveyedAt"`
}

// GroupSurvey is the Auto Scaling group.
type GroupSurvey struct {
	Name      string `json:"name"`
	Min       int    `json:"min"`
	Max       int    `json:"max"`
	Desired   int    `json:"desired"`
	Instances int    `json:"instances"`
	Fenced    bool   `json:"fenced"`
}

type readsAlarms interface {
	DescribeAlarms(context.Context, *cloudwatch.DescribeAlarmsInput, ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error)
}

// recorder writes an undo entry. The first entry of a step is kept.
type recorder interface {
	Record(ctx context.Context, run string, e journal.Entry) error
}

type surveysService interface {
	readsService
	readsTasks
	readsProtection
}

// SurveyFleet looks at everything that a restart changes or relies on, and refuses a fleet that is not steady.
type SurveyFleet struct {
	ECS         surveysService
	Groups      readsGroup
	Targets     readsTargets
	Alarms      readsAlarms
	Journal     recorder
	Environment string
	Cluster     string
	Service     string
	Group       string
	TargetGroup string
	Now         func() time.Time
}

// state is what a survey has seen.
type state struct {
	service   ecstypes.Service
	group     asgtypes.AutoScalingGroup
	tasks     []ecstypes.Task
	targets   targets
	protected []string
	alarms    []string
}

// Run is survey-fleet. ECS is eventually consistent, so it does not believe the service's own counts alone:
// the list of tasks, their descriptions and the target group must all agree with them.
func (v SurveyFleet) Run(ctx context.Context, in SurveyFleetInput) (SurveyFleetOutput, error) {
	s, err := v.look(ctx)
	if err != nil {
		return SurveyFleetOutput{}, err
	}
	if reasons := s.obstacles(); len(reasons) > 0 {
		return SurveyFleetOutput{}, fault.New(fault.FleetNotReady, "the fleet is not ready for a restart, nothing was changed: %s", strings.Join(reasons, "; "))
	}
	out := v.describe(s)
	if in.Run == "" {
		return out, nil
	}
	return out, v.journal(ctx, in.Run, out)
}

func (v SurveyFleet) look(ctx context.Context) (s state, err error) {
	if s.service, err = describeService(ctx, v.ECS, v.Cluster, v.Service); err != nil {
		return s, err
	}
	if s.group, err = describeGroup(ctx, v.Groups, v.Group); err != nil {
		return s, err
	}
	arns, err := listTasks(ctx, v.ECS, v.Cluster, v.Service, ecstypes.DesiredStatusRunning)
	if err != nil {
		return s, err
	}
	if s.tasks, err = describeTasks(ctx, v.ECS, v.Cluster, arns); err != nil {
		return s, err
	}
	if s.targets, err = describeTargets(ctx, v.Targets, s.service, v.TargetGroup); err != nil {
		return s, err
	}
	if s.protected, err = protectedTasks(ctx, v.ECS, v.Cluster, arns); err != nil {
		return s, err
	}
	s.alarms, err = v.alarms(ctx)
	return s, err
}

// alarms returns the environment's alarms that are in ALARM. The CPU reservation alarm may be so all the time.
func (v SurveyFleet) alarms(ctx context.Context) ([]string, error) {
	out, err := v.Alarms.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{
		AlarmNamePrefix: aws.String("alarm" + v.Environment), StateValue: cwtypes.StateValueAlarm, MaxRecords: aws.Int32(20)})
	if err != nil {
		return nil, fmt.Errorf("describe alarms: %w", err)
	}
	names := []string{}
	for _, a := range out.MetricAlarms {
		names = append(names, aws.ToString(a.AlarmName))
	}
	return names, nil
}

func (v SurveyFleet) describe(s state) SurveyFleetOutput {
	g := s.group
	out := SurveyFleetOutput{
		Environment: v.Environment,
		Usual:       int(s.service.DesiredCount),
		Raised:      int(aws.ToInt32(g.MaxSize)),
		Group: GroupSurvey{Name: v.Group, Min: int(aws.ToInt32(g.MinSize)), Max: int(aws.ToInt32(g.MaxSize)),
			Desired: int(aws.ToInt32(g.DesiredCapacity)), Instances: len(g.Instances), Fenced: suspended(g, alarmNotification)},
		Service:      v.Service,
		Tasks:        []string{},
		Alarms:       s.alarms,
		SurveyedAt:   v.Now().UTC().Truncate(time.Millisecond),
		OtherTargets: s.targets.others(s.tasks),
	}
	for _, t := range s.tasks {
		out.Tasks = append(out.Tasks, aws.ToString(t.TaskArn))
	}
	return out
}

// journal writes the inverse of each step of a restart with the values just seen. Undone newest first, they protect
// the old tasks, put the service back, then the group, and lift the protection last.
func (v SurveyFleet) journal(ctx context.Context, run string, s SurveyFleetOutput) error {
	type values map[string]any
	steps := []struct {
		name, action, left string
		inverse            values
	}{
		{stepProtect, stepProtect, "tasks of " + s.Service + " may be protected from scale-in, which lapses by itself", values{"all": true, "protected": false}},
		{stepFence, stepFence, "alarms may be kept from changing the size of group " + s.Group.Name, values{"fenced": s.Group.Fenced}},
		{stepGroup, stepGroup, fmt.Sprintf("group %s may have another desired capacity than %d", s.Group.Name, s.Group.Desired), values{"desired": s.Group.Desired}},
		{stepService, stepService, fmt.Sprintf("service %s may have another desired count than %d", s.Service, s.Usual), values{"desired": s.Usual}},
		{stepKeep, stepProtect, "before the count is lowered, the tasks from before the run must be protected, and only they: ECS might take them",
			values{"tasks": s.Tasks, "protected": true, "skipGone": true}},
	}
	for i, step := range steps {
		step.inverse["run"], step.inverse["undo"] = run, true
		input, err := json.Marshal(step.inverse)
		if err != nil {
			return fmt.Errorf("encode the inverse of %s: %w", step.name, err)
		}
		at := s.SurveyedAt.Add(time.Duration(i) * time.Millisecond) // distinct, because the journal orders by it
		if err := v.Journal.Record(ctx, run, journal.Entry{Step: step.name, Left: step.left, Action: step.action, Input: input, At: at}); err != nil {
			return fmt.Errorf("journal %s before anything is changed: %w", step.name, err)
		}
	}
	return nil
}
