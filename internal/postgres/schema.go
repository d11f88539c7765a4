package postgres

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

//go:embed schema.sql
var schema string

// Execer runs a statement: a connection, a pool or a transaction of pgx.
type Execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// ApplySchema creates DistrictBuilder's tables in an empty database.
func ApplySchema(ctx context.Context, db Execer) error {
	if _, err := db.Exec(ctx, schema); err != nil {
		return fmt.Errorf("create DistrictBuilder's tables: %w", err)
	}
	return nil
}

// Region is a row of region_config.
type Region struct {
	ID               string // a new one if empty
	Name             string
	CountryCode      string
	RegionCode       string
	URI              string
	Version          time.Time // now if zero
	Hidden, Archived bool
	Census           string // "2020" if empty
	LayerSize        int32  // bytes
}

// InsertRegion adds a row and returns its id.
func InsertRegion(ctx context.Context, db Execer, r Region) (id string, err error) {
	if r.Version.IsZero() {
		r.Version = time.Now().Truncate(time.Millisecond)
	}
	if r.ID == "" {
		r.ID = newID()
	}
	if r.Census == "" {
		r.Census = "2020"
	}
	err = db.QueryRow(ctx, `
		INSERT INTO region_config (id, name, country_code, region_code, s3_uri, version, hidden, archived, census, layer_size_in_bytes)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		RETURNING id::text`,
		r.ID, r.Name, r.CountryCode, r.RegionCode, r.URI, r.Version, r.Hidden, r.Archived, r.Census, r.LayerSize).Scan(&id)
	if err != nil {
		return "", fmt.Errorf("insert region %s: %w", r.Name, err)
	}
	return id, nil
}

// Project is a row of project: a user's map.
type Project struct {
	Name     string
	RegionID string
	// Definition is the map: one element a county. An empty array if nil.
	Definition json.RawMessage
	Districts  int
	Archived   bool
	// Version is the region's version that the map's districts were computed with; the region's present one if zero.
	Version time.Time
}

// InsertProject adds a row and returns its id.
func InsertProject(ctx context.Context, db Execer, p Project) (id string, err error) {
	if p.Definition == nil {
		p.Definition = json.RawMessage("[]")
	}
	var version *time.Time
	if !p.Version.IsZero() {
		version = &p.Version
	}
	err = db.QueryRow(ctx, `
		INSERT INTO project (id, user_id, name, region_config_id, districts_definition, region_config_version, number_of_districts, archived)
		SELECT $1, $2, $3, id, $5, coalesce($6, version), $7, $8 FROM region_config WHERE id = $4
		RETURNING id::text`,
		newID(), newID(), p.Name, p.RegionID, p.Definition, version, p.Districts, p.Archived).Scan(&id)
	if err != nil {
		return "", fmt.Errorf("insert project %s: %w", p.Name, err)
	}
	return id, nil
}

// newID makes a random UUID. The database's own function for it came with PostgreSQL 13.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
