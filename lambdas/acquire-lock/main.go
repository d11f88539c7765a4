// Command acquire-lock takes the environment's lock.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

func main() { lambdarun.Start(journal.AcquireLockAction) }
