// Command poll-health takes one look at how far the new tasks are.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/fleet"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

func main() { lambdarun.Start(fleet.PollHealthAction) }
