package sandbox

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/regiongen"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// restartPath is restart-services' path when nothing fails.
var restartPath = []string{
	"KnownInput?", "AcquireLock", "SurveyFleet", "FenceGroup", "ScaleGroup", "ScaleService", "WaitForTasks", "PollHealth", "Healthy?",
	"ProtectTasks", "ShrinkService", "WaitForOldTasks", "StopOldTasks", "OldTasksGone?", "ConfirmHealth", "Confirmed?",
	"UnprotectTasks", "ShrinkGroup", "GroupShrunk?", "UnfenceGroup", "AllUndone?", "LockIsOurs?",
}

var revertPath = []string{
	"KnownInput?", "AcquireLock", "SurveyFleet", "FenceGroup", "ScaleGroup", "ScaleService", "WaitForTasks", "PollHealth", "Healthy?",
	"ProtectOldTasks", "RevertService", "WaitForNewTasks", "PollNewTasks", "NewTasksGone?",
	"UnprotectTasks", "ShrinkGroup", "GroupShrunk?", "UnfenceGroup", "AllUndone?", "LockIsOurs?",
}

var checkPath = []string{"FindRegions", "InspectRegions", "InspectRegion", "AllValid?", "SurveyFleet", "PlanUpdate", "DryRun?"}

var overwritePath = append(append([]string{}, checkPath...), "AcquireLock", "ConfirmRegions",
	"BackUpRegions", "BackUpRegion", "BackUpRegionDone?", "BackUpRegionFinished",
	"OverwriteRegions", "OverwriteRegion", "OverwriteRegionDone?", "OverwriteRegionFinished", "AllOverwritten?", "RestartServices")

func join(parts ...[]string) []string {
	var all []string
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func restart(states []string, more ...string) []string {
	var all []string
	for _, s := range append(append([]string{}, states...), more...) {
		all = append(all, "restart/"+s)
	}
	return all
}

func (tr *trial) ended(r *asl.Result, status asl.Status, errorName string) {
	tr.t.Helper()
	if r.Status != status || r.Error != errorName {
		tr.t.Errorf("ended %s %s: %s\npath %s", r.Status, r.Error, r.Cause, strings.Join(distinct(tr.path), " "))
	}
}

func (tr *trial) took(want []string) {
	tr.t.Helper()
	tr.path = slices.DeleteFunc(tr.path, func(s string) bool { return strings.HasSuffix(s, "WaitForInstances") }) // as time falls
	if diff := cmp.Diff(want, distinct(tr.path)); diff != "" {
		tr.t.Errorf("path (-want +got):\n%s", diff)
	}
}

func TestUpdateRegionsSucceeds(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.upload()
	r := tr.run("update-regions", tr.input(nil))
	tr.ended(r, asl.Succeeded, "")
	tr.took(join(overwritePath, restart(restartPath, "HowItEnded?", "Restarted"), []string{"GoForward", "CommitUpdate", "AllRestarted?", "BumpVersions", "ReleaseLock", "Updated"}))
	tr.held()
	tr.must(tr.audit.Updated)
	tr.must(tr.audit.Restored)
}

func TestUpdateRegionsPlansADryRun(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.upload()
	day := tr.account.Now().UTC().Format(time.DateOnly)
	earlier := tr.updates[0].URI.Sibling("-backup-" + day) // of another run
	if err := put(t.Context(), tr.account.S3(), earlier.Bucket, earlier.File("x"), "x", regiongen.File{}); err != nil {
		t.Fatal(err)
	}
	r := tr.run("update-regions", tr.input(map[string]any{"dryRun": true}))
	tr.ended(r, asl.Succeeded, "")
	tr.took(join(checkPath, []string{"Planned"}))
	tr.must(tr.audit.Unchanged)
	tr.must(tr.audit.Restored)
	var plan struct {
		Regions []struct {
			Name            string
			Backup          s3uri.Prefix
			MapsToRecompute int
			MapsStayValid   bool
			Overwritten     struct{ Objects int }
		}
		Fleet struct{ During struct{ Tasks int } }
	}
	if err := json.Unmarshal(r.Output, &plan); err != nil {
		t.Fatal(err)
	}
	if len(plan.Regions) != 2 || plan.Regions[0].MapsToRecompute != 2 || !plan.Regions[0].MapsStayValid || plan.Regions[0].Overwritten.Objects == 0 || plan.Fleet.During.Tasks != 5 {
		t.Errorf("plan = %s", r.Output)
	}
	for i, want := range []string{"-backup-" + day + "-2", "-backup-" + day} {
		if got := plan.Regions[i].Backup; got != tr.updates[i].URI.Sibling(want) {
			t.Errorf("the backup of %s is planned at %s, want it to end in %s/", plan.Regions[i].Name, got, want)
		}
	}
}

func TestUpdateRegionsRefusesBadDataWithAllFindings(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.upload(regiongen.ShortBuffer, regiongen.MissingFile)
	r := tr.run("update-regions", tr.input(nil))
	tr.ended(r, asl.Failed, "FailedClean")
	tr.must(tr.audit.Unchanged)
	tr.must(tr.audit.Restored)
	for _, u := range tr.updates {
		if !strings.Contains(r.Cause, u.Source.String()) {
			t.Errorf("the cause does not name %s: %s", u.Source, r.Cause)
		}
	}
}

func TestUpdateRegionsRestoresWhenTasksCannotLoad(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.upload(regiongen.BadTopology)
	r := tr.run("update-regions", tr.input(nil))
	tr.ended(r, asl.Failed, "FailedClean")
	tr.took(join(overwritePath, restart(revertPath, "HowItEnded?", "FailedClean"),
		[]string{"LookAtFleet", "WhoServes?", "RestoreRegions", "RestoreRegion", "RestoreRegionDone?", "RestoreRegionFinished",
			"AllRestored?", "WaitForFleet", "LookAgain", "TasksMixed?", "CheckLeft", "AllUndone?", "ReleaseLockUnchanged", "FailedClean"}))
	tr.held()
	tr.must(tr.audit.Unchanged)
	tr.must(tr.audit.Restored)
	if !strings.Contains(r.Cause, tr.updates[0].URI.String()) || !strings.Contains(r.Cause, "NewTasksFailing") {
		t.Errorf("the cause does not name the region: %s", r.Cause)
	}
}

func TestRestartServicesSucceeds(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	r := tr.run("restart-services", map[string]any{})
	tr.ended(r, asl.Succeeded, "")
	tr.took(restart(restartPath, "ReleaseLock", "HowItEnded?", "Restarted"))
	tr.held()
	tr.must(tr.audit.Restored)
	tr.must(tr.audit.Unchanged)
	for _, old := range tr.audit.Replaced() {
		t.Error(old)
	}
}

func TestRestartServicesRefusesUnknownInput(t *testing.T) {
	t.Parallel()
	for _, input := range []any{map[string]any{"desired": 3}, []any{}, "restart", nil, 3} {
		tr := newTrial(t)
		r := tr.run("restart-services", input)
		tr.ended(r, asl.Failed, "FailedClean")
		tr.took(restart([]string{"KnownInput?", "FailedClean"}))
		if !strings.Contains(r.Cause, "InvalidInput") {
			t.Errorf("cause = %s", r.Cause)
		}
	}
}

func TestRestartServicesKeepsTheRunbooksOrderWhereProtectionIsRefused(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, func(o *Options) { o.OldAgent = true })
	r := tr.run("restart-services", map[string]any{})
	tr.ended(r, asl.Succeeded, "")
	tr.held()
	tr.must(tr.audit.Restored)
	for _, old := range tr.audit.Replaced() {
		t.Error(old)
	}
	if !strings.Contains(strings.Join(tr.path, " "), "StopOldTasksFirst") {
		t.Errorf("path = %v", distinct(tr.path))
	}
}

func TestRestartServicesGivesUpWhenTasksLoadForEver(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, func(o *Options) { o.Timing.Load = 5 * 60 * 60 * 1e9 })
	r := tr.run("restart-services", map[string]any{})
	tr.ended(r, asl.Failed, "FailedClean")
	tr.held()
	tr.must(tr.audit.Restored)
	if !strings.Contains(r.Cause, "NeverHealthy") && !strings.Contains(r.Cause, "NewTasksStuck") {
		t.Errorf("cause = %s", r.Cause)
	}
}

func TestRunsHoldUnderEventualConsistencyAndThrottling(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		tr := newTrial(t, func(o *Options) {
			mild := fleetsim.Mild()
			o.Faults, o.Seed = &mild, 100+seed
		})
		tr.upload()
		r := tr.run("update-regions", tr.input(nil))
		tr.ended(r, asl.Succeeded, "")
		tr.held()
		tr.must(tr.audit.Updated)
		tr.must(tr.audit.Restored)
	}
}
