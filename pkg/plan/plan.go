// Package plan says what an update will do before anything is changed. It computes only.
package plan

import (
	"context"
	"errors"
	"fmt"

	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// Input is what the reading steps of update-regions have found.
type Input struct {
	Environment string       `json:"environment"`
	Regions     []Region     `json:"regions"`
	OtherRows   OtherRows    `json:"otherRows,omitempty"`
	Inspections []Inspection `json:"inspections"`
	Fleet       Fleet        `json:"fleet"`
}

// OtherRows is which rows of the other environment find-regions has seen when it looked whether one uses a URI.
// Tasks load all that are not archived.
type OtherRows string

// The rows that find-regions sees. Anything else counts as not known.
const (
	AllRows     OtherRows = "all"     // by the other environment's database
	VisibleRows OtherRows = "visible" // by its application's public list, which has no hidden ones
	NoRows      OtherRows = "none"    // there is no other environment
)

// Region is a row of find-regions.
type Region struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	URI     s3uri.Prefix `json:"uri"`
	Source  s3uri.Prefix `json:"source"`
	Version string       `json:"version"`
	Maps    int          `json:"maps"`
	Mended  []string     `json:"mended,omitempty"`
}

// Volume is a number of objects and their bytes.
type Volume struct {
	Objects int   `json:"objects"`
	Bytes   int64 `json:"bytes"`
}

// Inspection is the part of inspect-region's answer that the plan needs. Other fields are allowed:
// the whole answer is passed.
type Inspection struct {
	ID string `json:"id"`
	Volume
	Live          Volume `json:"live"`
	SameStructure bool   `json:"sameStructure"`
	BackupSuffix  string `json:"backupSuffix"` // the first that was free
	WarningCount  int    `json:"warningCount"`
}

// Fleet is the part of survey-fleet's answer that the plan needs.
type Fleet struct {
	Usual  int   `json:"usual"`
	Raised int   `json:"raised"`
	Group  Group `json:"group"`
	Alarms []any `json:"alarms"`
	// OtherTargets are healthy targets that are none of the service's tasks: a restart leaves them alone.
	OtherTargets int `json:"otherTargets"`
}

// Group is the Auto Scaling group's part of a Fleet.
type Group struct {
	Desired int `json:"desired"`
}

// Validate checks that every region has been inspected.
func (in Input) Validate() error {
	if len(in.Regions) == 0 {
		return errors.New("regions: expected at least one")
	}
	inspected := in.inspections()
	for _, r := range in.Regions {
		i, ok := inspected[r.ID]
		if !ok {
			return fmt.Errorf("inspections: none of region %s (%s)", r.ID, r.Name)
		}
		if i.BackupSuffix == "" {
			return fmt.Errorf("inspections: that of region %s (%s) has no backupSuffix", r.ID, r.Name)
		}
	}
	return nil
}

func (in Input) inspections() map[string]Inspection {
	byID := make(map[string]Inspection, len(in.Inspections))
	for _, i := range in.Inspections {
		byID[i.ID] = i
	}
	return byID
}

// Plan is what an update will do, in the order in which it does it.
type Plan struct {
	Environment string          `json:"environment"`
	Regions     []PlannedRegion `json:"regions"`
	Fleet       PlannedFleet    `json:"fleet"`
	Steps       []string        `json:"steps"`
	Beware      []string        `json:"beware"` // what the steps do not take care of
	Cost        Cost            `json:"cost"`
}

// PlannedRegion is one region's part of a Plan.
type PlannedRegion struct {
	Name            string       `json:"name"`
	URI             s3uri.Prefix `json:"uri"`
	Backup          s3uri.Prefix `json:"backup"` // nothing lay there when the region was inspected
	BackedUp        Volume       `json:"backedUp"`
	Overwritten     Volume       `json:"overwritten"`
	MapsStayValid   bool         `json:"mapsStayValid"` // also those that are made until the new data is live
	MapsToRecompute int          `json:"mapsToRecompute"`
	Warnings        int          `json:"warnings"`
	Mended          []string     `json:"mended,omitempty"`
}

// PlannedFleet is the fleet's numbers at the three stages of a restart.
type PlannedFleet struct {
	Before Count `json:"before"`
	During Count `json:"during"`
	After  Count `json:"after"`
	Alarms []any `json:"alarmsNow"`
}

// Count is the service's tasks and the group's instances.
type Count struct {
	Tasks     int `json:"tasks"`
	Instances int `json:"instances"`
}

// Action builds plan-update. It needs no setting and calls nothing.
func Action(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	return lambdarun.HandleLenient(env.Log, func(_ context.Context, in Input) (Plan, error) { return Make(in), nil }), nil
}

// Make draws up the plan.
func Make(in Input) Plan {
	p := Plan{Environment: in.Environment, Fleet: plannedFleet(in.Fleet)}
	inspected := in.inspections()
	for _, r := range in.Regions {
		i := inspected[r.ID]
		p.Regions = append(p.Regions, PlannedRegion{
			Name: r.Name, URI: r.URI, Backup: r.URI.Sibling(i.BackupSuffix),
			BackedUp: i.Live, Overwritten: i.Volume,
			MapsStayValid: i.SameStructure, MapsToRecompute: r.Maps,
			Warnings: i.WarningCount, Mended: r.Mended,
		})
	}
	p.Steps = steps(p)
	p.Beware = beware(in, p.Regions)
	p.Cost = estimate(p)
	return p
}

func plannedFleet(f Fleet) PlannedFleet {
	before := Count{Tasks: f.Usual, Instances: f.Group.Desired}
	return PlannedFleet{Before: before, During: Count{Tasks: f.Raised, Instances: f.Raised}, After: before, Alarms: f.Alarms}
}

// steps are the state machine's, in an operator's words.
func steps(p Plan) []string {
	regions := fmt.Sprintf("%d %s", len(p.Regions), plural(len(p.Regions), "region", "regions"))
	f := p.Fleet
	return []string{
		"lock " + p.Environment + " and look again at the rows",
		"back up the live data of " + regions + " and verify each object (under the next free name, should its name be taken by then)",
		"overwrite " + regions + ", static-metadata.json last",
		fmt.Sprintf("fence the group, raise it from %d to %d instances and the service from %d to %d tasks",
			f.Before.Instances, f.During.Instances, f.Before.Tasks, f.During.Tasks),
		"wait 20 to 25 minutes until every new task is healthy",
		fmt.Sprintf("protect %d new %s, lower the service to %d, wait until every old task has stopped",
			f.After.Tasks, plural(f.After.Tasks, "task", "tasks"), f.After.Tasks),
		fmt.Sprintf("remove idle instances down to %d, lift protection and fence", f.After.Instances),
		"bump the version of " + regions,
		"unlock",
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
