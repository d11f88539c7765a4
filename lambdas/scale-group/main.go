// Command scale-group sets the group's desired capacity; removes only idle instances.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/fleet"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

func main() { lambdarun.Start(fleet.ScaleGroupAction) }
