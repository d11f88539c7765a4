// Package logins proves the scripts that give each SQL function a login of its own: docs/database-roles*.sql.
package logins

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// apply runs the scripts twice in a new database with DistrictBuilder's tables: they may be run again.
func apply(t *testing.T, name string, scripts ...string) *pgx.Conn {
	t.Helper()
	made, err := server.CreateDatabase(t.Context(), name)
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
	for _, script := range slices.Concat(scripts, scripts) {
		text, err := os.ReadFile("../../docs/" + script)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.PgConn().Exec(t.Context(), string(text)).ReadAll(); err != nil {
			t.Fatalf("%s: %v", script, err)
		}
	}
	return conn
}

// rights lists what a login may do with columns of any table of the schema.
func rights(t *testing.T, conn *pgx.Conn, login string) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `
		SELECT lower(p) || ' ' || table_name || '.' || column_name
		FROM information_schema.columns, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) p
		WHERE table_schema = 'public' AND has_column_privilege($1, quote_ident(table_name), column_name, p)`, login)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found
}

var (
	find = []string{"select project.archived", "select project.region_config_id", "select region_config.archived", "select region_config.country_code",
		"select region_config.hidden", "select region_config.id", "select region_config.name", "select region_config.region_code",
		"select region_config.s3_uri", "select region_config.version"}
	bump = []string{"select region_config.country_code", "select region_config.id", "select region_config.name", "select region_config.region_code",
		"select region_config.version", "update region_config.version"}
	set = []string{"select region_config.id", "select region_config.s3_uri", "update region_config.s3_uri"}
)

func TestEachLoginHasJustItsColumns(t *testing.T) {
	conn := apply(t, "staging", "database-roles.sql", "database-roles-staging.sql")
	for login, want := range map[string][]string{"dbops_find_regions": find, "dbops_bump_versions": bump, "dbops_set_region_uri": set} {
		if diff := cmp.Diff(want, rights(t, conn, login)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", login, diff)
		}
	}
}

// TestOnProductionNobodyWritesAURI: the roles are the server's, so staging's login may exist, but it has no right there.
func TestOnProductionNobodyWritesAURI(t *testing.T) {
	apply(t, "elsewhere", "database-roles.sql", "database-roles-staging.sql")
	conn := apply(t, "production", "database-roles.sql")
	for _, login := range []string{"dbops_find_regions", "dbops_bump_versions", "dbops_set_region_uri"} {
		if slices.Contains(rights(t, conn, login), "update region_config.s3_uri") {
			t.Errorf("%s may write s3_uri", login)
		}
	}
}

// TestRowsCanBeLocked: SELECT ... FOR UPDATE is what the functions do before they write.
func TestRowsCanBeLocked(t *testing.T) {
	conn := apply(t, "locks", "database-roles.sql", "database-roles-staging.sql")
	for login, statement := range map[string]string{
		"dbops_bump_versions":  "SELECT id, name, country_code, region_code, version FROM region_config ORDER BY id FOR UPDATE",
		"dbops_set_region_uri": "SELECT s3_uri FROM region_config FOR UPDATE",
	} {
		for _, s := range []string{"SET ROLE " + login, statement, "RESET ROLE"} {
			if _, err := conn.Exec(t.Context(), s); err != nil {
				t.Errorf("%s: %s: %v", login, s, err)
			}
		}
	}
}

// members are the logins that RDS would let in by IAM authentication only.
func members(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT rolname FROM pg_roles WHERE rolname LIKE 'dbops%' AND pg_has_role(rolname, 'rds_iam', 'MEMBER') ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestWhoLogsInByIAM: on RDS the role rds_iam always exists, and its members cannot log in by password. So only the script
// for IAM authentication may make members.
func TestWhoLogsInByIAM(t *testing.T) {
	conn := apply(t, "iam")
	if _, err := conn.Exec(t.Context(), "CREATE ROLE rds_iam"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := conn.Exec(context.Background(), "DROP ROLE rds_iam"); err != nil {
			t.Error(err)
		}
	})
	all := []string{"database-roles.sql", "database-roles-staging.sql"}
	if got := members(t, apply(t, "passwords", all...)); len(got) != 0 {
		t.Errorf("with secrets %v are members of rds_iam, and could not log in", got)
	}
	want := []string{"dbops_bump_versions", "dbops_find_regions", "dbops_set_region_uri"}
	if diff := cmp.Diff(want, members(t, apply(t, "tokens", append(all, "database-roles-iam.sql")...))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
