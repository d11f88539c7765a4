package regiondb

import (
	"fmt"
	"slices"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

// match finds the row of each request, and refuses a request whose data belongs to a further row as well.
func match(rows []row, requests []request, allowBreakingMaps bool) ([]Region, error) {
	var missing []string
	var found []Region
	var remarks [][]remark
	for _, q := range requests {
		uri := q.uri.String()
		var own *row
		for i, r := range rows {
			switch {
			case own == nil && slashed(r.uri) == uri:
				own = &rows[i]
			case overlap(r.uri, uri):
				return nil, sharedHere(rows, q)
			}
		}
		if own == nil {
			missing = append(missing, uri)
			continue
		}
		on := slices.Clone(q.mended)
		if own.uri != uri {
			on = append(on, remark{"row", fmt.Sprintf("row %s is stored without the trailing slash (%s), "+
				"with which browsers and tasks find no file; set-region-uri mends it where that is allowed", own.id, own.uri)})
		}
		remarks = append(remarks, on)
		found = append(found, Region{
			ID: own.id, Name: own.name, CountryCode: own.country, RegionCode: own.region, URI: q.uri, Source: q.source,
			Version: own.version, Hidden: own.hidden, AllowBreakingMaps: allowBreakingMaps || q.allowBreakingMaps,
		})
	}
	if missing != nil {
		return nil, fault.New(fault.RegionNotFound, "region_config has no row, other than archived ones, with s3_uri %s; "+
			"copy the URI from the application's list of regions", few(missing, ", "))
	}
	annotate(found, remarks)
	return found, nil
}

// sharedHere says which rows of this environment would change together.
func sharedHere(rows []row, q request) error {
	var names []string
	for _, r := range rows {
		if overlap(r.uri, q.uri.String()) {
			names = append(names, fmt.Sprintf("%s %s (%s)", r.name, r.id, r.uri))
		}
	}
	return fault.New(fault.SharedURI, "overwriting %s would change the data of more than one row of this environment: %s; "+
		"give each its own data first", q.uri, few(names, ", "))
}

// confirm demands that the regions have the versions that were seen before, and are the same ones.
func confirm(found []Region, expect []VersionedRow) error {
	versions := map[string]Moment{}
	for _, e := range expect {
		versions[e.ID] = e.Version
	}
	var problems []string
	for _, r := range found {
		seen, there := versions[r.ID]
		switch {
		case !there:
			problems = append(problems, fmt.Sprintf("%s (%s) was not among the regions before", r.Name, r.ID))
		case !seen.Equal(r.Version):
			problems = append(problems, fmt.Sprintf("%s (%s) has version %s, before it was %s", r.Name, r.ID, r.Version, seen))
		}
		delete(versions, r.ID)
	}
	for id := range versions {
		problems = append(problems, fmt.Sprintf("%s is no longer among the regions", id))
	}
	if problems == nil {
		return nil
	}
	return fault.New(fault.VersionConflict, "the regions have changed since they were inspected: %s; start again", few(problems, "; "))
}

// unshared demands that no row of another environment uses the data that is to be overwritten, lies in it or around it.
func unshared(found []Region, elsewhere []string) error {
	var problems []string
	for _, r := range found {
		for _, other := range elsewhere {
			if overlap(other, r.URI.String()) {
				problems = append(problems, fmt.Sprintf("%s: %s", r.Name, other))
			}
		}
	}
	if problems == nil {
		return nil
	}
	return fault.New(fault.SharedURI, "another environment uses data that would be overwritten, and would change at once: %s; "+
		"give this environment's rows data of their own first", few(problems, ", "))
}

// slashed adds the trailing slash that a stored URI may lack. Stored URIs are compared as texts, as S3 does with keys:
// one that is malformed must not escape the comparison.
func slashed(uri string) string {
	if strings.HasSuffix(uri, "/") {
		return uri
	}
	return uri + "/"
}

// overlap reports whether one URI is the other or lies below it.
func overlap(a, b string) bool {
	a, b = slashed(a), slashed(b)
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}
