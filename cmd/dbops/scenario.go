package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/regiongen"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox"
)

// scenario is what the demonstration shows: new data for Pennsylvania and Delaware, with or without a fault.
type scenario struct {
	about  string
	dryRun bool
	faults map[string]regiongen.Fault // by region code
	breaks string                     // code of a region whose new data has another structure
	end    string                     // how the run shall end: Succeeded or FailedClean
}

var scenarios = map[string]scenario{
	"update":  {about: "valid new data: checked, backed up, overwritten, loaded by new tasks, versions bumped", end: "Succeeded"},
	"dry-run": {about: "what the update would do and cost; nothing is changed", dryRun: true, end: "Succeeded"},
	"bad-data": {about: "new data that inspection refuses before anything is changed", breaks: "DE",
		faults: map[string]regiongen.Fault{"PA": regiongen.ShortBuffer}, end: "FailedClean"},
	"bad-topology": {about: "new data that passes inspection, but that tasks cannot load: everything is put back while the old tasks serve",
		faults: map[string]regiongen.Fault{"PA": regiongen.BadTopology}, end: "FailedClean"},
}

func scenarioNames() string {
	var names []string
	for name := range scenarios {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// updated are the codes of the regions that get new data.
var updated = []string{"PA", "DE"}

// upload puts the scenario's new data beside the live data.
func (s scenario) upload(ctx context.Context, account *sandbox.Account, regions []sandbox.Region, at time.Time) ([]sandbox.Update, error) {
	var updates []sandbox.Update
	for _, r := range regions {
		if r.Archived || !slices.Contains(updated, r.Code) {
			continue
		}
		data := r.Data
		data.Revision++
		data.Fault = s.faults[r.Code]
		if s.breaks == r.Code {
			data.Restructure = []int{1}
		}
		u := newData(account, r, at)
		if _, err := account.Upload(ctx, u.Source, data); err != nil {
			return nil, fmt.Errorf("upload new data of %s: %w", r.Name, err)
		}
		updates = append(updates, u)
	}
	return updates, nil
}

// input is the execution's, as an operator would type it.
func (s scenario) input(updates []sandbox.Update) ([]byte, error) {
	type region struct {
		URI    string `json:"uri"`
		Source string `json:"source"`
	}
	in := struct {
		Regions []region `json:"regions"`
		DryRun  bool     `json:"dryRun"`
		Reason  string   `json:"reason"`
	}{DryRun: s.dryRun, Reason: "demonstration"}
	for _, u := range updates {
		in.Regions = append(in.Regions, region{u.URI.String(), u.Source.String()})
	}
	return json.MarshalIndent(in, "", "  ")
}
