package deployed

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
	"github.com/publicmapping/districtbuilder-ops/pkg/trigger"
)

// Update is the checked input of update-regions.
type Update struct {
	Input  string // JSON, as the execution gets it
	DryRun bool
	URIs   []s3uri.Prefix // of the regions
}

// ReadUpdate checks an update's text as an upload is checked, before anything is called. dryRun asks for the plan only,
// whatever the text says.
func ReadUpdate(text []byte, dryRun bool) (Update, error) {
	input, err := trigger.Check(text)
	if err != nil {
		return Update{}, err
	}
	var seen struct {
		Regions []struct{ URI s3uri.Prefix }
		DryRun  bool
	}
	if err := json.Unmarshal([]byte(input), &seen); err != nil {
		return Update{}, err
	}
	u := Update{Input: input, DryRun: seen.DryRun || dryRun}
	for _, r := range seen.Regions {
		u.URIs = append(u.URIs, r.URI)
	}
	if u.DryRun && !seen.DryRun {
		u.Input, err = withDryRun(input)
	}
	return u, err
}

func withDryRun(input string) (string, error) {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(input), &fields); err != nil {
		return "", err
	}
	fields["dryRun"] = json.RawMessage("true")
	text, err := json.Marshal(fields)
	return string(text), err
}

// maxReason is how long a restart's reason may be, in bytes: it stands in the lock.
const maxReason = 1024

// RestartInput is the input of restart-services. The reason may be empty.
func RestartInput(reason string) (string, error) {
	if len(reason) > maxReason {
		return "", fmt.Errorf("reason: %d bytes; expected at most %d", len(reason), maxReason)
	}
	if reason == "" {
		return "{}", nil
	}
	text, err := json.Marshal(map[string]string{"reason": reason})
	return string(text), err
}

// Name is what an update's execution is called: update-US-PA-US-DE-20261122T200405Z, and plan-… when it is a dry run.
func (u Update) Name(at time.Time) string {
	verb := "update"
	if u.DryRun {
		verb = "plan"
	}
	var regions []string
	for _, uri := range u.URIs {
		regions = append(regions, short(uri.String()))
	}
	if len(regions) > shownRegions {
		regions = append(regions[:shownRegions], fmt.Sprintf("and %d more", len(u.URIs)-shownRegions))
	}
	return executionName(verb+" "+strings.Join(regions, " "), at)
}

// RestartName is what a restart's execution is called: restart-20261122T200405Z.
func RestartName(at time.Time) string { return executionName("restart", at) }

const (
	shownRegions = 4
	// maxName leaves room for what nested executions append to a name, which may have 80 characters.
	maxName = 71
)

// executionName makes a name of a text and a time. It is the same for the same text and second, so that a call that is
// repeated starts one execution.
func executionName(about string, at time.Time) string {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_.", r) {
			return r
		}
		return '-'
	}, about)
	stamp := at.UTC().Format("-20060102T150405Z")
	return clean[:min(len(clean), maxName-len(stamp))] + stamp
}

// short is a region's name in its URI: "US/PA" of s3://bucket/regions/US/PA/2021-08-12T21:42:38.860Z/.
func short(uri string) string {
	parts := strings.Split(strings.Trim(strings.TrimPrefix(uri, "s3://"), "/"), "/")
	if n := len(parts); n >= 4 {
		return parts[n-3] + "/" + parts[n-2]
	}
	return parts[len(parts)-1]
}
