package journal

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

// AcquireLockAction builds acquire-lock from its settings.
func AcquireLockAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("ENVIRONMENT", "STATE_BUCKET", "FUNCTION_PREFIX")
	if err != nil {
		return nil, err
	}
	verb := AcquireLock{
		Store:       New(s3.NewFromConfig(env.AWS), set["STATE_BUCKET"], env.Now),
		Executions:  sfn.NewFromConfig(env.AWS),
		Environment: set["ENVIRONMENT"],
		Functions:   Functions{env.AWS.Region, set["FUNCTION_PREFIX"]},
	}
	return lambdarun.Handle(env.Log, verb.Run), nil
}

// ReleaseLockAction builds release-lock from its settings.
func ReleaseLockAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("STATE_BUCKET")
	if err != nil {
		return nil, err
	}
	verb := ReleaseLock{Store: New(s3.NewFromConfig(env.AWS), set["STATE_BUCKET"], env.Now)}
	return lambdarun.Handle(env.Log, verb.Run), nil
}

// CommitRunAction builds commit-run from its settings.
func CommitRunAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("STATE_BUCKET")
	if err != nil {
		return nil, err
	}
	verb := CommitRun{Store: New(s3.NewFromConfig(env.AWS), set["STATE_BUCKET"], env.Now)}
	return lambdarun.Handle(env.Log, verb.Run), nil
}

// ListLeftAction builds list-left from its settings.
func ListLeftAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("STATE_BUCKET", "FUNCTION_PREFIX")
	if err != nil {
		return nil, err
	}
	verb := ListLeft{
		Store:     New(s3.NewFromConfig(env.AWS), set["STATE_BUCKET"], env.Now),
		Functions: Functions{env.AWS.Region, set["FUNCTION_PREFIX"]},
	}
	return lambdarun.Handle(env.Log, verb.Run), nil
}

// WatchLockAction builds watch-lock from its settings.
func WatchLockAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("ENVIRONMENT", "STATE_BUCKET")
	if err != nil {
		return nil, err
	}
	verb := WatchLock{Store: New(s3.NewFromConfig(env.AWS), set["STATE_BUCKET"], env.Now)}
	return lambdarun.Handle(env.Log, lambdarun.Measure(env, set["ENVIRONMENT"], verb.Run)), nil
}
