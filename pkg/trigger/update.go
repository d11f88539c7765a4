package trigger

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// update is the input of update-regions.
type update struct {
	Regions           []region `json:"regions"`
	DryRun            bool     `json:"dryRun"`
	AllowBreakingMaps bool     `json:"allowBreakingMaps"`
	Reason            string   `json:"reason"`
}

type region struct {
	URI               s3uri.Prefix `json:"uri"`
	Source            s3uri.Prefix `json:"source"`
	AllowBreakingMaps bool         `json:"allowBreakingMaps"`
}

const (
	maxSize    = 256 << 10 // bytes; what Step Functions takes as an input
	maxRegions = 60
	maxReason  = 1024 // bytes
)

// parse checks an upload and returns the execution's input: the upload itself, compacted.
// What only the database can tell is left to find-regions.
func parse(body []byte) (input string, err error) {
	var u update
	if err := lambdarun.Decode(body, &u); err != nil {
		return "", err
	}
	if err := u.validate(); err != nil {
		return "", err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, body); err != nil {
		return "", err
	}
	return compact.String(), nil
}

func (u update) validate() error {
	if len(u.Regions) < 1 || len(u.Regions) > maxRegions {
		return fmt.Errorf("regions: %d; expected 1 to %d", len(u.Regions), maxRegions)
	}
	if len(u.Reason) > maxReason {
		return fmt.Errorf("reason: %d bytes; expected at most %d", len(u.Reason), maxReason)
	}
	seen := map[s3uri.Prefix]int{}
	for i, r := range u.Regions {
		switch first, twice := seen[r.URI]; {
		case r.URI == s3uri.Prefix{}:
			return fmt.Errorf("regions[%d]: no uri; expected the region's s3_uri", i)
		case r.Source == s3uri.Prefix{}:
			return fmt.Errorf("regions[%d]: no source; expected where the new data is", i)
		case twice:
			return fmt.Errorf("regions[%d]: the same uri as regions[%d], %s", i, first, r.URI)
		case r.Source.Within(r.URI) || r.URI.Within(r.Source):
			return fmt.Errorf("regions[%d]: the source %s and the uri %s lie inside each other", i, r.Source, r.URI)
		}
		seen[r.URI] = i
	}
	return nil
}
