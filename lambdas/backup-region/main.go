// Command backup-region copies a live region to its sibling backup and verifies it.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/regioncopy"
)

func main() { lambdarun.Start(regioncopy.BackupRegionAction) }
