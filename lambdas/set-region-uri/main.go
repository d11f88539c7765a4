// Command set-region-uri points a staging region at another URI.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/regiondb"
)

func main() { lambdarun.Start(regiondb.SetRegionURIAction) }
