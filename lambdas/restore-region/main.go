// Command restore-region copies a backup over a live region: the undo of overwrite-region.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/regioncopy"
)

func main() { lambdarun.Start(regioncopy.RestoreRegionAction) }
