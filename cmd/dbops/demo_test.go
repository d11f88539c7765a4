package main

import (
	"errors"
	"strings"
	"testing"
)

// TestScenarios runs all four to their ends, with small data and at a higher pace: the exit status tells the outcome.
func TestScenarios(t *testing.T) {
	tests := []struct {
		name   string
		status int
		says   []string
	}{
		{"update", 0, []string{"BumpVersions", "the run SUCCEEDED", "2026", "new         16 of 16", "fence, protection and lock: as before"}},
		{"dry-run", 0, []string{"PlanUpdate", "the run SUCCEEDED", `"mapsToRecompute"`, "as before   16 of 16"}},
		{"bad-data", 3, []string{"RegionDataInvalid", "population.buf", "geounit-hierarchy.json differs", "as before   16 of 16"}},
		{"bad-topology", 3, []string{"NewTasksFailing", "RestoreRegion", "as before   16 of 16", "healthy       never under 3", "fence, protection and lock: as before"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out paper
			defer removeLog(t, &out)
			d := &demo{name: tt.name, scenario: scenarios[tt.name], speed: fast, seeds: smallSeeds(), screen: newScreen(&out)}
			err := d.run(t.Context())
			var end outcome
			if err != nil && !errors.As(err, &end) || end.status != tt.status {
				t.Errorf("%v; want exit status %d", err, tt.status)
			}
			for _, says := range tt.says {
				if !strings.Contains(out.String(), says) {
					t.Errorf("it does not say %q:\n%s", says, out.String())
				}
			}
		})
	}
}

// TestAScenarioThatEndsOtherwiseIsNoSuccess: an end that nobody expected is exit status 4, whichever it is.
func TestAScenarioThatEndsOtherwiseIsNoSuccess(t *testing.T) {
	s := scenarios["bad-data"]
	s.end = "Succeeded"
	var out paper
	defer removeLog(t, &out)
	d := &demo{name: "wrong", scenario: s, speed: fast, seeds: smallSeeds(), screen: newScreen(&out)}
	var end outcome
	if err := d.run(t.Context()); !errors.As(err, &end) || end.status != exitFailedDirty || !strings.Contains(end.text, "should end in Succeeded") {
		t.Errorf("%v; want exit status 4, and why", err)
	}
}
