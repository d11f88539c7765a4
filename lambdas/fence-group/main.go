// Command fence-group suspends or resumes the group's alarm notifications.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/fleet"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

func main() { lambdarun.Start(fleet.FenceGroupAction) }
