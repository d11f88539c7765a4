// Command watch-lock reports how old the environment's lock is.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

func main() { lambdarun.Start(journal.WatchLockAction) }
