package regioncopy

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
)

// maxInFlight is how many requests to S3 a function has in flight at most.
const maxInFlight = 256

func newCopier(env lambdarun.Env) *s3copy.Copier {
	return s3copy.New(s3copy.NewClient(env.AWS, maxInFlight), s3copy.Options{MaxInFlight: maxInFlight})
}

// BackupRegionAction builds backup-region from its settings.
func BackupRegionAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("ENVIRONMENT", "STATE_BUCKET")
	if err != nil {
		return nil, err
	}
	verb := BackupRegion{Objects: s3.NewFromConfig(env.AWS), Bucket: set["STATE_BUCKET"], Copier: newCopier(env), Now: env.Now}
	return lambdarun.Handle(env.Log, lambdarun.Measure(env, set["ENVIRONMENT"], verb.Run)), nil
}

// OverwriteRegionAction builds overwrite-region from its settings.
func OverwriteRegionAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("ENVIRONMENT", "STATE_BUCKET")
	if err != nil {
		return nil, err
	}
	state := s3.NewFromConfig(env.AWS)
	verb := OverwriteRegion{Objects: state, Bucket: set["STATE_BUCKET"], Copier: newCopier(env),
		Journal: journal.New(state, set["STATE_BUCKET"], env.Now), Now: env.Now}
	return lambdarun.Handle(env.Log, lambdarun.Measure(env, set["ENVIRONMENT"], verb.Run)), nil
}

// RestoreRegionAction builds restore-region from its settings.
func RestoreRegionAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("ENVIRONMENT", "STATE_BUCKET")
	if err != nil {
		return nil, err
	}
	state := s3.NewFromConfig(env.AWS)
	verb := RestoreRegion{Objects: state, Bucket: set["STATE_BUCKET"], Copier: newCopier(env),
		Journal: journal.New(state, set["STATE_BUCKET"], env.Now), Now: env.Now}
	return lambdarun.Handle(env.Log, lambdarun.Measure(env, set["ENVIRONMENT"], verb.Run)), nil
}
