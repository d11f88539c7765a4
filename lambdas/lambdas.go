// Package lambdas lists the actions. Each has a folder here, whose main runs it as a Lambda function;
// the sandbox runs the same builders in its own process.
package lambdas

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/fleet"
	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/plan"
	"github.com/publicmapping/districtbuilder-ops/pkg/regioncopy"
	"github.com/publicmapping/districtbuilder-ops/pkg/regiondata"
	"github.com/publicmapping/districtbuilder-ops/pkg/regiondb"
	"github.com/publicmapping/districtbuilder-ops/pkg/trigger"
)

// Actions maps an action's name to what builds it. The name is also the function's suffix and,
// in Pascal case, the placeholder in the state machines.
var Actions = map[string]lambdarun.Build{
	"find-regions":     regiondb.FindRegionsAction,
	"inspect-region":   regiondata.InspectRegionAction,
	"plan-update":      plan.Action,
	"backup-region":    regioncopy.BackupRegionAction,
	"overwrite-region": regioncopy.OverwriteRegionAction,
	"restore-region":   regioncopy.RestoreRegionAction,
	"acquire-lock":     journal.AcquireLockAction,
	"release-lock":     journal.ReleaseLockAction,
	"commit-run":       journal.CommitRunAction,
	"list-left":        journal.ListLeftAction,
	"watch-lock":       journal.WatchLockAction,
	"survey-fleet":     fleet.SurveyFleetAction,
	"fence-group":      fleet.FenceGroupAction,
	"scale-group":      fleet.ScaleGroupAction,
	"scale-service":    fleet.ScaleServiceAction,
	"poll-health":      fleet.PollHealthAction,
	"protect-tasks":    fleet.ProtectTasksAction,
	"stop-tasks":       fleet.StopTasksAction,
	"bump-versions":    regiondb.BumpVersionsAction,
	"set-region-uri":   regiondb.SetRegionURIAction,
	"start-update":     trigger.StartUpdateAction,
}
