package regiondb

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/publicmapping/districtbuilder-ops/internal/postgres"
)

var server *postgres.Server

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if server, err = postgres.Start(context.Background(), ""); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer server.Close()
		return m.Run()
	}())
}

// fixed is a login that is known beforehand.
type fixed struct{ user, password string }

func (f fixed) credentials(context.Context) (string, string, error) { return f.user, f.password, nil }

func secret(user, password string) string {
	text, _ := json.Marshal(map[string]string{"username": user, "password": password})
	return string(text)
}

// newDB makes a database with DistrictBuilder's tables, and a connection of the test's own to it.
func newDB(t *testing.T) (*Database, *pgx.Conn) {
	t.Helper()
	made, err := server.CreateDatabase(t.Context(), fmt.Sprintf("regiondb_%d", databases.Add(1)))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), made.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	if err := postgres.ApplySchema(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(server.CA)
	if len(server.CA) == 0 {
		roots = nil
	}
	return &Database{host: server.Host, port: uint16(server.Port), name: made.Name, roots: roots, login: fixed{server.User, server.Password}}, conn
}

var databases atomic.Int32

func insert(t *testing.T, conn *pgx.Conn, r postgres.Region) {
	t.Helper()
	if _, err := postgres.InsertRegion(t.Context(), conn, r); err != nil {
		t.Fatal(err)
	}
}

var v1 = time.Date(2021, 8, 12, 21, 42, 38, 860e6, time.UTC)

// texas inserts a live row, a hidden and an archived one of the same codes, and maps of each.
func texas(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	for n, r := range []postgres.Region{
		{Name: "Texas", URI: "s3://bucket/TX/1/", Version: v1},
		{Name: "Texas", URI: "s3://bucket/TX/2", Version: v1.Add(time.Hour), Hidden: true},
		{Name: "Texas", URI: "s3://bucket/TX/0/", Version: v1.Add(-time.Hour), Archived: true},
	} {
		r.ID, r.CountryCode, r.RegionCode = id(n+1), "US", "TX"
		insert(t, conn, r)
		for m := range 3 + n {
			p := postgres.Project{Name: "map", RegionID: r.ID, Districts: 2, Archived: m == 0}
			if _, err := postgres.InsertProject(t.Context(), conn, p); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// table is what the rows are: id, URI and version.
func table(t *testing.T, conn *pgx.Conn) map[string]string {
	t.Helper()
	rows, err := conn.Query(t.Context(), "SELECT id::text, s3_uri, version FROM region_config")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	var key, uri string
	var version time.Time
	if _, err := pgx.ForEachRow(rows, []any{&key, &uri, &version}, func() error {
		all[key] = uri + " " + version.UTC().Format(time.RFC3339Nano)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}
