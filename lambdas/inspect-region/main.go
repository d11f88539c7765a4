// Command inspect-region checks a region's new data and compares its structure with the live one.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/regiondata"
)

func main() { lambdarun.Start(regiondata.InspectRegionAction) }
