package fleet

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

// SurveyFleetAction builds survey-fleet from its settings.
func SurveyFleetAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("ENVIRONMENT", "CLUSTER", "SERVICE", "GROUP", "TARGET_GROUP", "STATE_BUCKET")
	if err != nil {
		return nil, err
	}
	return lambdarun.Handle(env.Log, SurveyFleet{
		ECS: ecs.NewFromConfig(env.AWS), Groups: autoscaling.NewFromConfig(env.AWS), Targets: elb.NewFromConfig(env.AWS),
		Alarms: cloudwatch.NewFromConfig(env.AWS), Journal: store(env, set["STATE_BUCKET"]), Environment: set["ENVIRONMENT"],
		Cluster: set["CLUSTER"], Service: set["SERVICE"], Group: set["GROUP"], TargetGroup: set["TARGET_GROUP"], Now: env.Now,
	}.Run), nil
}

// FenceGroupAction builds fence-group from its settings.
func FenceGroupAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("GROUP", "STATE_BUCKET")
	if err != nil {
		return nil, err
	}
	return lambdarun.Handle(env.Log, FenceGroup{
		Groups: autoscaling.NewFromConfig(env.AWS), Journal: store(env, set["STATE_BUCKET"]), Group: set["GROUP"],
	}.Run), nil
}

// ScaleGroupAction builds scale-group from its settings.
func ScaleGroupAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("GROUP", "CLUSTER", "STATE_BUCKET")
	if err != nil {
		return nil, err
	}
	return lambdarun.Handle(env.Log, ScaleGroup{
		Groups: autoscaling.NewFromConfig(env.AWS), Hosts: ecs.NewFromConfig(env.AWS), Journal: store(env, set["STATE_BUCKET"]),
		Group: set["GROUP"], Cluster: set["CLUSTER"],
	}.Run), nil
}

// ScaleServiceAction builds scale-service from its settings.
func ScaleServiceAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("CLUSTER", "SERVICE", "STATE_BUCKET")
	if err != nil {
		return nil, err
	}
	return lambdarun.Handle(env.Log, ScaleService{
		Services: ecs.NewFromConfig(env.AWS), Journal: store(env, set["STATE_BUCKET"]), Cluster: set["CLUSTER"], Service: set["SERVICE"],
	}.Run), nil
}

// PollHealthAction builds poll-health from its settings.
func PollHealthAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("ENVIRONMENT", "CLUSTER", "SERVICE", "TARGET_GROUP", "LOG_GROUP", "CONTAINER")
	if err != nil {
		return nil, err
	}
	verb := PollHealth{
		ECS: ecs.NewFromConfig(env.AWS), Targets: elb.NewFromConfig(env.AWS), Logs: cloudwatchlogs.NewFromConfig(env.AWS),
		Cluster: set["CLUSTER"], Service: set["SERVICE"], TargetGroup: set["TARGET_GROUP"],
		LogGroup: set["LOG_GROUP"], Container: set["CONTAINER"], Now: env.Now,
	}
	return lambdarun.Handle(env.Log, lambdarun.Measure(env, set["ENVIRONMENT"], verb.Run)), nil
}

// ProtectTasksAction builds protect-tasks from its settings.
func ProtectTasksAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("CLUSTER", "SERVICE", "STATE_BUCKET")
	if err != nil {
		return nil, err
	}
	return lambdarun.Handle(env.Log, ProtectTasks{
		ECS: ecs.NewFromConfig(env.AWS), Journal: store(env, set["STATE_BUCKET"]), Cluster: set["CLUSTER"], Service: set["SERVICE"],
	}.Run), nil
}

// StopTasksAction builds stop-tasks from its settings.
func StopTasksAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("CLUSTER", "SERVICE", "TARGET_GROUP")
	if err != nil {
		return nil, err
	}
	return lambdarun.Handle(env.Log, StopTasks{
		ECS: ecs.NewFromConfig(env.AWS), Targets: elb.NewFromConfig(env.AWS),
		Cluster: set["CLUSTER"], Service: set["SERVICE"], TargetGroup: set["TARGET_GROUP"],
	}.Run), nil
}

func store(env lambdarun.Env, bucket string) *journal.Store {
	return journal.New(s3.NewFromConfig(env.AWS), bucket, env.Now)
}
