package plan

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

func prefix(t *testing.T, uri string) s3uri.Prefix {
	t.Helper()
	p, _, err := s3uri.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func example(t *testing.T) Input {
	return Input{
		Environment: "Staging", OtherRows: AllRows,
		Regions: []Region{
			{ID: "a", Name: "Texas", URI: prefix(t, "s3://data/US/TX/v1/"), Source: prefix(t, "s3://data/US/TX/v2/"), Maps: 1204},
			{ID: "b", Name: "Ohio", URI: prefix(t, "s3://data/US/OH/v1/"), Source: prefix(t, "s3://data/US/OH/v2/")},
		},
		Inspections: []Inspection{
			{ID: "b", Volume: Volume{10, 1 << 20}, Live: Volume{9, 1 << 20}, SameStructure: true, BackupSuffix: "-backup-2026-11-22"},
			{ID: "a", Volume: Volume{4021, 1 << 30}, Live: Volume{4000, 1 << 30}, SameStructure: true, BackupSuffix: "-backup-2026-11-22-2"},
		},
		Fleet: Fleet{Usual: 3, Raised: 7, Group: Group{Desired: 3}},
	}
}

func TestMakeTellsEachRegionAndTheFleet(t *testing.T) {
	p := Make(example(t))
	tx, oh := p.Regions[0], p.Regions[1]
	if tx.Name != "Texas" || tx.Overwritten.Objects != 4021 || tx.BackedUp.Objects != 4000 || tx.MapsToRecompute != 1204 || !tx.MapsStayValid {
		t.Errorf("Texas = %+v", tx)
	}
	if got := [2]string{tx.Backup.String(), oh.Backup.String()}; got != [2]string{"s3://data/US/TX/v1-backup-2026-11-22-2/", "s3://data/US/OH/v1-backup-2026-11-22/"} {
		t.Errorf("backups = %s", got)
	}
	if p.Fleet.Before != (Count{3, 3}) || p.Fleet.During != (Count{7, 7}) || p.Fleet.After != p.Fleet.Before {
		t.Errorf("fleet = %+v", p.Fleet)
	}
	if len(p.Steps) != 9 || !strings.Contains(p.Steps[3], "from 3 to 7 tasks") {
		t.Errorf("steps = %q", p.Steps)
	}
}

func TestMakeWarnsOfWhatItDoesNotTakeCareOf(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Input)
		want   string // in the one warning beside that of layer_size_in_bytes; "": none
	}{
		{"nothing more", func(*Input) {}, ""},
		{"another service", func(in *Input) { in.Fleet.OtherTargets = 1 }, "1 healthy target of the target group belongs to another service"},
		{"no other environment", func(in *Input) { in.OtherRows = NoRows }, ""},
		{"hidden rows were not seen", func(in *Input) { in.OtherRows = VisibleRows }, "its public list, which has no hidden regions"},
		{"it is not said which rows were seen", func(in *Input) { in.OtherRows = "" }, "is not known: see in its region_config"},
		{"maps break, as the input allows", func(in *Input) { in.Inspections[1].SameStructure = false }, "another structure, which the input allows: Texas (1204 maps). These maps, and those made until"},
		{"maps would break, but there are none yet", func(in *Input) { in.Inspections[0].SameStructure = false }, "which the input allows: Ohio (0 maps)."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := example(t)
			tt.change(&in)
			beware := Make(in).Beware
			if !strings.HasPrefix(beware[0], "layer_size_in_bytes") {
				t.Errorf("beware = %q", beware)
			}
			if more := beware[1:]; len(more) > 1 || (len(more) == 1) != (tt.want != "") || len(more) == 1 && !strings.Contains(more[0], tt.want) {
				t.Errorf("beware = %q, want %q", more, tt.want)
			}
		})
	}
}

func TestEstimateGrowsWithWhatItCounts(t *testing.T) {
	base := Make(example(t)).Cost
	more := example(t)
	more.Inspections[1].Objects *= 10
	if c := Make(more).Cost; c.Total <= base.Total {
		t.Errorf("ten times the objects cost %v, before %v", c.Total, base.Total)
	}
	idle := example(t)
	idle.Fleet.Group.Desired = 7 // the group is raised already: no extra instance
	if c := Make(idle).Cost; c.Items[0].Dollars != 0 || c.Total >= base.Total {
		t.Errorf("no extra instances cost %+v", c)
	}
	// 4 r5.2xlarge for 45 minutes.
	if got := base.Items[0].Dollars; got != 1.512 {
		t.Errorf("instances cost %v, want 1.512", got)
	}
}

func TestValidateNamesTheRegionWithoutInspection(t *testing.T) {
	in := example(t)
	in.Inspections = in.Inspections[:1]
	if err := in.Validate(); err == nil || !strings.Contains(err.Error(), "Texas") {
		t.Errorf("Validate = %v, want one that names Texas", err)
	}
	in = example(t)
	in.Inspections[0].BackupSuffix = ""
	if err := in.Validate(); err == nil || !strings.Contains(err.Error(), "Ohio) has no backupSuffix") {
		t.Errorf("Validate = %v, want one that misses Ohio's backupSuffix", err)
	}
}

func TestAnswerForEveryStateFitsTheLimit(t *testing.T) {
	in := example(t)
	in.Regions, in.Inspections = nil, nil
	for i := range 60 {
		id := fmt.Sprintf("00000000-0000-0000-0000-%012d", i)
		uri := prefix(t, fmt.Sprintf("s3://global-districtbuilder-prod-us-east-1/regions/US/%02d/2021-08-12T21:42:38.860Z/", i))
		in.Regions = append(in.Regions, Region{ID: id, Name: "District of Columbia", URI: uri, Source: uri, Maps: 12345})
		in.Inspections = append(in.Inspections, Inspection{ID: id, Volume: Volume{12345, 1 << 33}, Live: Volume{12345, 1 << 33}, BackupSuffix: "-backup-2026-11-22-2"})
	}
	payload, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	handler, err := Action(t.Context(), lambdarun.Env{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := handler(t.Context(), payload)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(answer), "District of Columbia (12345 maps), and 50 more. These maps") {
		t.Errorf("the answer does not say that there are more than it names: %s", answer)
	}
	t.Logf("%d bytes", len(answer))
}
