// Command release-lock closes a run's journal and gives the environment's lock back.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

func main() { lambdarun.Start(journal.ReleaseLockAction) }
