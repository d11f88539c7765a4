package regiondb

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// staging is the one environment whose URIs may be set. Any other name counts as production.
const staging = "Staging"

// SetRegionURI points a region at other data. On production that breaks health checks and API calls of the region
// until its data is loaded, so it is refused there, whatever the input says.
type SetRegionURI struct {
	Database    *Database
	Environment string
}

// SetRegionURIInput names the row and where its data lies from now on.
type SetRegionURIInput struct {
	ID  string       `json:"id"`
	URI s3uri.Prefix `json:"uri"` // a missing trailing slash is mended
	// Expect is the URI that the row must have now, exactly as it is stored; absent, any.
	Expect string `json:"expect,omitempty"`
}

// Validate implements lambdarun.Validator.
func (in SetRegionURIInput) Validate() error {
	if !uuid.MatchString(in.ID) {
		return fmt.Errorf("id: %q; expected a UUID in lower case", in.ID)
	}
	if in.URI.Key == "" {
		return errors.New("uri: missing")
	}
	return nil
}

// SetRegionURIOutput says what the row had and has.
type SetRegionURIOutput struct {
	ID      string `json:"id"`
	Old     string `json:"old"`
	New     string `json:"new"`
	Changed bool   `json:"changed"`
}

func refuseProduction(environment string) error {
	if environment == staging {
		return nil
	}
	return fault.New(fault.ProductionRefused, "s3_uri is set on %s only, and this is %q: on production, "+
		"overwrite the data where it lies (update-regions)", staging, environment)
}

// Run sets the URI. Only the row's own URI is no conflict: a repeated call changes nothing.
func (v SetRegionURI) Run(ctx context.Context, in SetRegionURIInput) (SetRegionURIOutput, error) {
	if err := refuseProduction(v.Environment); err != nil {
		return SetRegionURIOutput{}, err
	}
	out := SetRegionURIOutput{ID: in.ID, New: in.URI.String()}
	err := v.Database.transaction(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT s3_uri FROM region_config WHERE id = $1::uuid FOR UPDATE`, in.ID).Scan(&out.Old)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.New(fault.RegionNotFound, "region_config has no row with id %s", in.ID)
		}
		if err != nil {
			return fmt.Errorf("lock the row: %w", err)
		}
		if out.Changed = out.Old != out.New; !out.Changed {
			return nil
		}
		if in.Expect != "" && in.Expect != out.Old {
			return fault.New(fault.VersionConflict, "s3_uri is %s, not %s; nothing was changed", out.Old, in.Expect)
		}
		return setURI(ctx, tx, in)
	})
	if sqlState(err) == uniqueViolation { // another row took the URI while this one looked
		err = fault.New(fault.Unavailable, "%w", err)
	}
	if err != nil {
		return SetRegionURIOutput{}, fmt.Errorf("set the URI of region %s: %w", in.ID, err)
	}
	return out, nil
}

func setURI(ctx context.Context, tx pgx.Tx, in SetRegionURIInput) error {
	uri := in.URI.String()
	var other string
	err := tx.QueryRow(ctx, `SELECT id::text FROM region_config WHERE s3_uri = ANY($1) AND id <> $2::uuid LIMIT 1`,
		[]string{uri, strings.TrimSuffix(uri, "/")}, in.ID).Scan(&other)
	if err == nil {
		return fault.New(fault.InvalidInput, "uri: row %s has %s already; two rows cannot share data", other, uri)
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("look for rows with the same URI: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE region_config SET s3_uri = $2 WHERE id = $1::uuid`, in.ID, uri); err != nil {
		return fmt.Errorf("write s3_uri: %w", err)
	}
	return nil
}
