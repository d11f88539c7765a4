// Command commit-run passes a run's point of no return: from here it is completed, not undone.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

func main() { lambdarun.Start(journal.CommitRunAction) }
