package regiondb

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// FindRegions finds the rows of the regions that a run is to update, and refuses what would change more than them.
type FindRegions struct {
	Database    *Database
	Environment string
	// Others lists the URIs of another environment's rows that are not archived.
	Others others
}

// others is where another environment's URIs come from.
type others interface {
	// uris returns them as they are stored. If they cannot be read it fails: what is not known is not safe.
	uris(ctx context.Context) ([]string, error)
	// rows says which rows uris sees.
	rows() OtherRows
}

// FindRegionsInput is the whole input of update-regions.
type FindRegionsInput struct {
	Regions           []WantedRegion `json:"regions"`
	AllowBreakingMaps bool           `json:"allowBreakingMaps,omitempty"` // for every region
	// Expect, if present, holds every region with the version that it must have: the rows have not changed since.
	Expect []VersionedRow `json:"expect,omitempty"`

	// These belong to other steps; the input is passed on whole.
	Run    string `json:"run,omitempty"`
	DryRun bool   `json:"dryRun,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// WantedRegion is a region to update and where its new data lies.
type WantedRegion struct {
	URI               string `json:"uri"`
	Source            string `json:"source"`
	AllowBreakingMaps bool   `json:"allowBreakingMaps,omitempty"`
}

// Validate implements lambdarun.Validator.
func (in FindRegionsInput) Validate() error {
	if len(in.Regions) == 0 || len(in.Regions) > maxRegions {
		return fmt.Errorf("regions: %d; expected 1 to %d, and the others in another run", len(in.Regions), maxRegions)
	}
	if _, err := canonical(in.Regions); err != nil {
		return err
	}
	return validRows("expect", in.Expect)
}

// request is a wanted region with its locations in canonical form.
type request struct {
	uri, source       s3uri.Prefix
	mended            []remark
	allowBreakingMaps bool
}

// canonical reads the locations. Of two that overlap, one of which is to be overwritten, it refuses both.
func canonical(wanted []WantedRegion) ([]request, error) {
	requests := make([]request, len(wanted))
	for i, w := range wanted {
		var problems [2]error
		var mended [2]bool
		r := &requests[i]
		r.uri, mended[0], problems[0] = s3uri.Parse(w.URI)
		r.source, mended[1], problems[1] = s3uri.Parse(w.Source)
		if err := errors.Join(problems[0], problems[1]); err != nil {
			return nil, fmt.Errorf("regions[%d]: %w", i, err)
		}
		for j, field := range []string{"uri", "source"} {
			if mended[j] {
				r.mended = append(r.mended, remark{field, field + " had no trailing slash; it was added"})
			}
		}
		r.allowBreakingMaps = w.AllowBreakingMaps
	}
	return requests, disjoint(requests)
}

func disjoint(requests []request) error {
	overlap := func(a, b s3uri.Prefix) bool { return a.Within(b) || b.Within(a) }
	for i, a := range requests {
		for j, b := range requests {
			switch {
			case overlap(a.uri, b.source):
				return fmt.Errorf("regions[%d].source %s is, holds or lies in regions[%d].uri %s, which is overwritten", j, b.source, i, a.uri)
			case i < j && overlap(a.uri, b.uri):
				return fmt.Errorf("regions[%d].uri %s is, holds or lies in regions[%d].uri %s; each region stands there once", j, b.uri, i, a.uri)
			case i < j && a.source == b.source:
				return fmt.Errorf("regions[%d].source and regions[%d].source are both %s; each region has its own data", i, j, a.source)
			}
		}
	}
	return nil
}

// FindRegionsOutput holds the regions in the order of the input.
type FindRegionsOutput struct {
	Environment string    `json:"environment"`
	OtherRows   OtherRows `json:"otherRows"`
	Regions     []Region  `json:"regions"`
}

// Region is a row of region_config that is to be updated.
type Region struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	CountryCode string       `json:"countryCode"`
	RegionCode  string       `json:"regionCode"`
	URI         s3uri.Prefix `json:"uri"`    // with the trailing slash, which the row may lack
	Source      s3uri.Prefix `json:"source"` // of the new data
	Version     Moment       `json:"version"`
	Hidden      bool         `json:"hidden"`
	Maps        int          `json:"maps"` // projects that are not archived
	// AllowBreakingMaps permits new data with another hierarchy, which breaks maps.
	AllowBreakingMaps bool `json:"allowBreakingMaps"`
	// Mended says what was put right in the input, and what is to be put right in the row. What holds for many regions stands
	// in the first few of them.
	Mended []string `json:"mended"`
}

// row is a row of region_config that tasks load: it is not archived.
type row struct {
	id, name, country, region, uri string
	version                        Moment
	hidden                         bool
}

// Run finds the regions. It changes nothing.
func (v FindRegions) Run(ctx context.Context, in FindRegionsInput) (FindRegionsOutput, error) {
	requests, err := canonical(in.Regions)
	if err != nil {
		return FindRegionsOutput{}, fault.New(fault.InvalidInput, "%w", err)
	}
	var found []Region
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = v.Database.transaction(ctx, snapshot, func(tx pgx.Tx) error {
		rows, err := liveRows(ctx, tx)
		if err != nil {
			return err
		}
		if found, err = match(rows, requests, in.AllowBreakingMaps); err != nil {
			return err
		}
		return countMaps(ctx, tx, found)
	})
	if err != nil {
		return FindRegionsOutput{}, fmt.Errorf("find regions: %w", err)
	}
	if in.Expect != nil {
		if err := confirm(found, in.Expect); err != nil {
			return FindRegionsOutput{}, err
		}
	}
	elsewhere, err := v.Others.uris(ctx)
	if err != nil {
		return FindRegionsOutput{}, fmt.Errorf("see whether another environment uses the data: %w", err)
	}
	if err := unshared(found, elsewhere); err != nil {
		return FindRegionsOutput{}, err
	}
	out := FindRegionsOutput{Environment: v.Environment, OtherRows: v.Others.rows(), Regions: found}
	return out, out.fits()
}

func liveRows(ctx context.Context, tx pgx.Tx) ([]row, error) {
	rows, err := tx.Query(ctx, `
		SELECT id::text, name, country_code, region_code, s3_uri, version, coalesce(hidden, false)
		FROM region_config WHERE archived IS NOT TRUE ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read region_config: %w", err)
	}
	live, err := pgx.CollectRows(rows, func(from pgx.CollectableRow) (r row, err error) {
		err = from.Scan(&r.id, &r.name, &r.country, &r.region, &r.uri, &r.version.Time, &r.hidden)
		r.version = moment(r.version.Time)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("read region_config: %w", err)
	}
	return live, nil
}

func countMaps(ctx context.Context, tx pgx.Tx, regions []Region) error {
	at := map[string]int{}
	ids := make([]string, len(regions))
	for i, r := range regions {
		at[r.ID], ids[i] = i, r.ID
	}
	rows, err := tx.Query(ctx, `
		SELECT region_config_id::text, count(*) FROM project
		WHERE region_config_id = ANY($1::uuid[]) AND archived IS NOT TRUE GROUP BY region_config_id`, ids)
	if err != nil {
		return fmt.Errorf("count maps: %w", err)
	}
	var id string
	var maps int
	if _, err := pgx.ForEachRow(rows, []any{&id, &maps}, func() error {
		regions[at[id]].Maps = maps
		return nil
	}); err != nil {
		return fmt.Errorf("count maps: %w", err)
	}
	return nil
}
