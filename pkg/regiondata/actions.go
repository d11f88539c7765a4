package regiondata

import (
	"context"

	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
)

// inFlight is how many requests an inspection keeps in flight while it takes an inventory.
const inFlight = 32

// InspectRegionAction builds inspect-region from its settings. It needs no more than 256 MB for the largest region there is,
// 1 GB of topo.json; what it is deployed with beyond that buys CPU, which Lambda gives in proportion to memory: one stream
// is read by one vCPU (1,769 MB).
func InspectRegionAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	settings, err := env.Settings("STATE_BUCKET")
	if err != nil {
		return nil, err
	}
	client := s3copy.NewClient(env.AWS, inFlight)
	verb := InspectRegion{
		S3:          client,
		Inventories: s3copy.New(client, s3copy.Options{InFlight: inFlight, MaxInFlight: inFlight}),
		StateBucket: settings["STATE_BUCKET"],
		Now:         env.Now,
	}
	return lambdarun.Handle(env.Log, verb.Run), nil
}
