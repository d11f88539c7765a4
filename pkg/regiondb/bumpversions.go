package regiondb

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

// BumpVersions gives the updated regions new versions, so that maps recompute their districts.
// Call it only when every old task is gone: an old task would compute stale districts and stamp them as new.
type BumpVersions struct {
	Database *Database
}

// BumpVersionsInput names the rows with the versions that they have.
type BumpVersionsInput struct {
	Run     string         `json:"run,omitempty"` // accepted as every action does; a bump has no inverse to record
	Regions []VersionedRow `json:"regions"`
	// At is the new version: the moment of the bump, chosen once by the caller so that a repeated call means the same.
	At Moment `json:"at"`
}

// VersionedRow is a row of region_config and its version.
type VersionedRow struct {
	ID      string `json:"id"`
	Version Moment `json:"version"`
}

// maxRegions bounds a run.
const maxRegions = 60

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// Validate implements lambdarun.Validator.
func (in BumpVersionsInput) Validate() error {
	if len(in.Regions) == 0 || len(in.Regions) > maxRegions {
		return fmt.Errorf("regions: %d; expected 1 to %d", len(in.Regions), maxRegions)
	}
	if in.At.IsZero() {
		return errors.New("at: missing; expected the moment of the bump")
	}
	return validRows("regions", in.Regions)
}

func validRows(field string, rows []VersionedRow) error {
	seen := map[string]bool{}
	for i, r := range rows {
		switch {
		case !uuid.MatchString(r.ID):
			return fmt.Errorf("%s[%d].id: %q; expected a UUID in lower case", field, i, r.ID)
		case r.Version.IsZero():
			return fmt.Errorf("%s[%d].version: missing", field, i)
		case seen[r.ID]:
			return fmt.Errorf("%s[%d].id: %s stands there twice", field, i, r.ID)
		}
		seen[r.ID] = true
	}
	return nil
}

// BumpVersionsOutput says what became of each row, in the order of the input.
type BumpVersionsOutput struct {
	Rows []Bumped `json:"rows"`
}

// Bumped is one row. Changed is false when an earlier call has done it.
type Bumped struct {
	ID      string `json:"id"`
	Old     Moment `json:"old"`
	New     Moment `json:"new"`
	Changed bool   `json:"changed"`
}

// Metrics implements lambdarun.Measured. A repeated call counts nothing again.
func (o BumpVersionsOutput) Metrics() []lambdarun.Metric {
	changed := 0
	for _, r := range o.Rows {
		if r.Changed {
			changed++
		}
	}
	return []lambdarun.Metric{{Name: "VersionsBumped", Unit: lambdarun.Count, Value: float64(changed)}}
}

// sibling is a row with what its four-column UNIQUE holds: name, country and region code are one text here.
type sibling struct {
	id, name string
	version  Moment
}

// Run sets the new versions in one transaction, or changes nothing.
func (v BumpVersions) Run(ctx context.Context, in BumpVersionsInput) (BumpVersionsOutput, error) {
	var out BumpVersionsOutput
	err := v.Database.transaction(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		rows, err := siblings(ctx, tx, in.Regions)
		if err != nil {
			return err
		}
		if out.Rows, err = bump(rows, in.Regions, in.At); err != nil {
			return err
		}
		return update(ctx, tx, out.Rows)
	})
	if sqlState(err) == uniqueViolation { // a row of the same name was bumped to the same moment just now
		err = fault.New(fault.Unavailable, "%w", err)
	}
	if err != nil {
		return BumpVersionsOutput{}, fmt.Errorf("bump versions: %w", err)
	}
	return out, nil
}

// siblings reads the rows and those that share name and codes with them, and locks them in one order,
// so that two bumps at once wait for one another and do not deadlock.
func siblings(ctx context.Context, tx pgx.Tx, wanted []VersionedRow) ([]sibling, error) {
	ids := make([]string, len(wanted))
	for i, w := range wanted {
		ids[i] = w.ID
	}
	rows, err := tx.Query(ctx, `
		SELECT id::text, json_build_array(name, country_code, region_code)::text, version
		FROM region_config
		WHERE (name, country_code, region_code) IN
			(SELECT name, country_code, region_code FROM region_config WHERE id = ANY($1::uuid[]))
		ORDER BY id FOR UPDATE`, ids)
	if err != nil {
		return nil, fmt.Errorf("lock the rows: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s sibling, err error) {
		var version time.Time
		err = row.Scan(&s.id, &s.name, &version)
		s.version = moment(version)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("lock the rows: %w", err)
	}
	return found, nil
}

// bump decides the new versions: the later of at and the old version plus a millisecond. Rows that share name and codes
// must not get the same one (UNIQUE), so it is moved on by a millisecond where it is taken. The result depends on the
// input and on rows that the run does not touch, never on whether an earlier call has done its work.
func bump(rows []sibling, wanted []VersionedRow, at Moment) ([]Bumped, error) {
	now := map[string]sibling{}
	for _, r := range rows {
		now[r.id] = r
	}
	old := map[string]Moment{}
	for _, w := range wanted {
		old[w.ID] = w.Version
	}
	type key struct{ name, version string }
	taken := map[key]bool{}
	for _, r := range rows {
		version := r.version
		if before, ours := old[r.id]; ours {
			version = before
		}
		taken[key{r.name, version.String()}] = true
	}
	var problems []string
	bumped := map[string]Bumped{}
	for _, id := range ordered(wanted) {
		row, found := now[id]
		if !found {
			return nil, fault.New(fault.RegionNotFound, "region_config has no row with id %s; nothing was changed", id)
		}
		b := Bumped{ID: id, Old: old[id], New: later(at, old[id])}
		for taken[key{row.name, b.New.String()}] {
			b.New = later(b.New, b.New)
		}
		taken[key{row.name, b.New.String()}] = true
		b.Changed = !row.version.Equal(b.New)
		if b.Changed && !row.version.Equal(b.Old) {
			problems = append(problems, fmt.Sprintf("%s has version %s, not %s", id, row.version, b.Old))
		}
		bumped[id] = b
	}
	if problems != nil {
		return nil, fault.New(fault.VersionConflict, "someone else has changed versions, so none was bumped: %s; "+
			"if the data of these regions is live and no old task runs, bump them from the versions that they have", strings.Join(problems, "; "))
	}
	out := make([]Bumped, len(wanted))
	for i, w := range wanted {
		out[i] = bumped[w.ID]
	}
	return out, nil
}

// ordered returns the ids in the order in which versions are given out.
func ordered(wanted []VersionedRow) []string {
	ids := make([]string, len(wanted))
	for i, w := range wanted {
		ids[i] = w.ID
	}
	slices.Sort(ids)
	return ids
}

// later returns at, or the next millisecond after old if at is not later than that.
func later(at, old Moment) Moment {
	if next := moment(old.Add(time.Millisecond)); at.Before(next.Time) {
		return next
	}
	return moment(at.Time)
}

// update writes the versions that change, each only over the one that was decided on.
func update(ctx context.Context, tx pgx.Tx, rows []Bumped) error {
	for _, r := range rows {
		if !r.Changed {
			continue
		}
		done, err := tx.Exec(ctx, `
			UPDATE region_config SET version = $2 WHERE id = $1::uuid AND date_trunc('milliseconds', version) = $3`,
			r.ID, r.New.Time, r.Old.Time)
		if err != nil {
			return fmt.Errorf("set the version of %s: %w", r.ID, err)
		}
		if done.RowsAffected() != 1 {
			return fault.New(fault.VersionConflict, "the version of %s changed under its lock; nothing was changed", r.ID)
		}
	}
	return nil
}
