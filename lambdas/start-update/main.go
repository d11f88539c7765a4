// Command start-update starts an update of staging when a file is uploaded for it.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/trigger"
)

func main() { lambdarun.Start(trigger.StartUpdateAction) }
