// Command find-regions finds each URI's live row and refuses one that another environment uses.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/regiondb"
)

func main() { lambdarun.Start(regiondb.FindRegionsAction) }
