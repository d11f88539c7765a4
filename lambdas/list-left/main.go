// Command list-left lists what a run has left behind, and the command for each.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

func main() { lambdarun.Start(journal.ListLeftAction) }
