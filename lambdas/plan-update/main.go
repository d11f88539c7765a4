// Command plan-update says what an update will do, and what it will cost.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/plan"
)

func main() { lambdarun.Start(plan.Action) }
