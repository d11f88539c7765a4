package deployed

import (
	"fmt"
	"strings"
	"testing"
)

const aRegion = `{"uri":"s3://data/regions/US/PA/2021-08-12T21:42:38.860Z/","source":"s3://incoming/pa/"}`

func TestReadUpdate(t *testing.T) {
	tests := []struct {
		name, text string
		dryRun     bool
		want       string // the input
		plans      bool
		says       string
	}{
		{"as it stands", `{"regions": [` + aRegion + `],` + "\n" + `"reason": "new"}`, false, `{"regions":[` + aRegion + `],"reason":"new"}`, false, ""},
		{"the file asks for the plan", `{"regions":[` + aRegion + `],"dryRun":true}`, false, `{"regions":[` + aRegion + `],"dryRun":true}`, true, ""},
		{"the flag asks for the plan", `{"regions":[` + aRegion + `],"dryRun":false}`, true, `{"dryRun":true,"regions":[` + aRegion + `]}`, true, ""},
		{"both", `{"regions":[` + aRegion + `],"dryRun":true}`, true, `{"regions":[` + aRegion + `],"dryRun":true}`, true, ""},
		{"a misspelt option", `{"regions":[` + aRegion + `],"dryrun":true}`, false, "", false, `"dryrun"`},
		{"no regions", `{}`, true, "", false, "regions: 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, err := ReadUpdate([]byte(tt.text), tt.dryRun)
			if tt.says != "" {
				if err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("error = %v; want one with %q", err, tt.says)
				}
				return
			}
			if err != nil || u.Input != tt.want || u.DryRun != tt.plans || len(u.URIs) != 1 {
				t.Errorf("%+v, %v; want %s, dry run %v", u, err, tt.want, tt.plans)
			}
		})
	}
}

func TestRestartInput(t *testing.T) {
	tests := []struct{ reason, want string }{{"", "{}"}, {`a "good" one`, `{"reason":"a \"good\" one"}`}, {strings.Repeat("x", 1025), ""}}
	for _, tt := range tests {
		if got, err := RestartInput(tt.reason); got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%.20q: %s, %v; want %s", tt.reason, got, err, tt.want)
		}
	}
}

func TestNames(t *testing.T) {
	region := func(code string) string {
		return `{"uri":"s3://data/regions/US/` + code + `/2021-08-12T21:42:38.860Z/","source":"s3://incoming/` + code + `/"}`
	}
	var many []string
	for n := range 12 {
		many = append(many, region(fmt.Sprintf("R%d", n)))
	}
	tests := []struct {
		name, regions string
		dryRun        bool
		want          string
	}{
		{"one", region("PA"), false, "update-US-PA-20261122T200405Z"},
		{"a plan of two", region("PA") + "," + region("DE"), true, "plan-US-PA-US-DE-20261122T200405Z"},
		{"many", strings.Join(many, ","), false, "update-US-R0-US-R1-US-R2-US-R3-and-8-more-20261122T200405Z"},
		{"letters that a name cannot have", `{"uri":"s3://data/régions/+ :/x/","source":"s3://incoming/a/"}`, false, "update-r-gions-----20261122T200405Z"},
		{"a short path", `{"uri":"s3://data/x/","source":"s3://incoming/a/"}`, false, "update-x-20261122T200405Z"},
		{"a long path", `{"uri":"s3://data/` + strings.Repeat("y", 200) + `/z/x/","source":"s3://incoming/a/"}`, false, "update-" + strings.Repeat("y", 47) + "-20261122T200405Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, err := ReadUpdate([]byte(`{"regions":[`+tt.regions+`]}`), tt.dryRun)
			if err != nil {
				t.Fatal(err)
			}
			if got := u.Name(begin); got != tt.want || len(got) > 71 {
				t.Errorf("%s (%d), want %s", got, len(got), tt.want)
			}
		})
	}
	if got := RestartName(begin); got != "restart-20261122T200405Z" {
		t.Error(got)
	}
}
