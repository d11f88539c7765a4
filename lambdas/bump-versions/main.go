// Command bump-versions gives updated regions a new version.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/regiondb"
)

func main() { lambdarun.Start(regiondb.BumpVersionsAction) }
