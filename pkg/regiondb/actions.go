package regiondb

import (
	"context"
	"encoding/json"

	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

// FindRegionsAction builds find-regions from its settings.
func FindRegionsAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("ENVIRONMENT")
	if err != nil {
		return nil, err
	}
	database, err := newDatabase(env, "DATABASE_")
	if err != nil {
		return nil, err
	}
	elsewhere, err := newOthers(env)
	if err != nil {
		return nil, err
	}
	verb := FindRegions{Database: database, Environment: set["ENVIRONMENT"], Others: elsewhere}
	return lambdarun.Handle(env.Log, verb.Run), nil
}

// BumpVersionsAction builds bump-versions from its settings.
func BumpVersionsAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("ENVIRONMENT")
	if err != nil {
		return nil, err
	}
	database, err := newDatabase(env, "DATABASE_")
	if err != nil {
		return nil, err
	}
	verb := BumpVersions{Database: database}
	return lambdarun.Handle(env.Log, lambdarun.Measure(env, set["ENVIRONMENT"], verb.Run)), nil
}

// SetRegionURIAction builds set-region-uri from its settings. On production it is an action that refuses
// every input and knows no database.
func SetRegionURIAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("ENVIRONMENT")
	if err != nil {
		return nil, err
	}
	if refusal := refuseProduction(set["ENVIRONMENT"]); refusal != nil {
		return lambdarun.Handle(env.Log, func(context.Context, anything) (SetRegionURIOutput, error) {
			return SetRegionURIOutput{}, refusal
		}), nil
	}
	database, err := newDatabase(env, "DATABASE_")
	if err != nil {
		return nil, err
	}
	return lambdarun.Handle(env.Log, SetRegionURI{Database: database, Environment: set["ENVIRONMENT"]}.Run), nil
}

// anything is an input that is not looked at.
type anything struct{ json.RawMessage }

// Validate implements lambdarun.Validator.
func (anything) Validate() error { return nil }
