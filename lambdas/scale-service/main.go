// Command scale-service sets the service's desired count.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/fleet"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

func main() { lambdarun.Start(fleet.ScaleServiceAction) }
