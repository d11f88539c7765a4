package lambdarun

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

type inner struct {
	ID  string    `json:"id"`
	At  time.Time `json:"at"`
	Own json.RawMessage
}

type embeddedInput struct {
	DryRun bool `json:"dryRun"`
}

type exactInput struct {
	embeddedInput
	Regions []inner          `json:"regions"`
	One     *inner           `json:"one"`
	ByName  map[string]inner `json:"byName"`
	hidden  int
}

func TestDecodeWantsTheVerySpelling(t *testing.T) {
	t.Parallel()
	_ = exactInput{}.hidden
	for payload, want := range map[string]string{
		`{}`: "", `null`: "", `{"dryRun":true}`: "", `{"regions":[{"id":"a","at":"2026-01-02T03:04:05Z","Own":{"any":1}}],"one":null}`: "",
		`{"byName":{"Whatever":{"id":"x"}}}`:  "",
		`{"dryrun":true}`:                     `"dryrun"`,
		`{"DryRun":true}`:                     `"DryRun"`,
		`{"regions":[{"id":"a"},{"ID":"a"}]}`: `regions[1]: unknown field "ID"`,
		`{"one":{"Id":"a"}}`:                  `one: unknown field "Id"`,
		`{"byName":{"x":{"iD":"a"}}}`:         `byName: x: unknown field "iD"`,
		`{"hidden":1}`:                        `"hidden"`,
	} {
		var in exactInput
		switch err := Decode([]byte(payload), &in); {
		case want == "" && err != nil:
			t.Errorf("%s: %v", payload, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %s", payload, err, want)
		}
	}
}
