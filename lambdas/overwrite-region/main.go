// Command overwrite-region copies new data over a live region.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/regioncopy"
)

func main() { lambdarun.Start(regioncopy.OverwriteRegionAction) }
