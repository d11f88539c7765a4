// Command protect-tasks protects tasks from scale-in, or lifts protection.
package main

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/fleet"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

func main() { lambdarun.Start(fleet.ProtectTasksAction) }
