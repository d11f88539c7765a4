// Command survey-fleet notes what the fleet is before a restart, and writes the undo entries.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/fleet"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

func main() { lambdarun.Start(fleet.SurveyFleetAction) }
