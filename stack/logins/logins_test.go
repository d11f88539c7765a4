// Package logins proves the scripts that give each SQL function a login of its own: docs/database-roles*.sql.
package logins

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/publicmapping/districtbuilder-ops/internal/postgres"
)

var (
	server *postgres.Server
	empty  *postgres.Database // for what concerns the server as a whole
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if server, err = postgres.Start(context.Background(), ""); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer server.Close()
		if empty, err = server.CreateDatabase(context.Background(), "empty"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// owner is who owns DistrictBuilder's tables and runs the scripts.
type owner struct {
	name     string // of its role; empty: the server's own login, a superuser
	password string
}

// eachOwner runs a test with a superuser and with an owner as RDS has it: it is no superuser, but may make roles, and may
// pass on what the server's own login has given it.
func eachOwner(t *testing.T, test func(t *testing.T, o owner)) {
	t.Run("superuser", func(t *testing.T) { test(t, owner{}) })
	t.Run("ordinary owner", func(t *testing.T) {
		o := owner{name: "districtbuilder", password: "owner"}
		administer(t, "CREATE ROLE districtbuilder LOGIN NOSUPERUSER CREATEROLE PASSWORD 'owner'")
		t.Cleanup(func() { administer(t, "DROP ROLE districtbuilder") })
		test(t, o)
	})
}

// login is a database's address with the owner as its user.
func (o owner) login(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(o.name, o.password)
	return u.String()
}

// administer runs a statement as the server's own login.
func administer(t *testing.T, statement string) {
	t.Helper()
	run(t, connect(t, empty.URL), statement)
}

// run runs statements one after the other on one connection. A clean-up may use it: the test's context has ended then.
func run(t *testing.T, conn *pgx.Conn, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := conn.PgConn().Exec(context.WithoutCancel(t.Context()), s).ReadAll(); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// connect ends the connection with the test.
func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.WithoutCancel(t.Context()), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// place is a database with DistrictBuilder's tables.
type place struct {
	*pgx.Conn           // of the server's own login, to look at what the scripts have done
	owner     *pgx.Conn // the same one if the owner is a superuser
}

// script runs scripts as the owner.
func (p place) script(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		text, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.owner.PgConn().Exec(context.WithoutCancel(t.Context()), string(text)).ReadAll(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// The scripts, as docs/deploying.md has people run them.
const (
	base        = "database-roles.sql"
	baseStaging = "database-roles-staging.sql"
	iam         = "database-roles-iam.sql"
	remove      = "database-roles-remove.sql"
)

// apply runs the scripts twice in a new database: they may be run again. At the end it removes what they have made: roles
// are the server's, and one owner's are in another's way.
func (o owner) apply(t *testing.T, scripts ...string) place {
	t.Helper()
	made, err := server.CreateDatabase(t.Context(), "logins_"+strings.ToLower(rand.Text()))
	if err != nil {
		t.Fatal(err)
	}
	p := place{Conn: connect(t, made.URL)}
	if p.owner = p.Conn; o.name != "" {
		run(t, p.Conn, "ALTER DATABASE "+pgx.Identifier{made.Name}.Sanitize()+" OWNER TO "+o.name)
		p.owner = connect(t, o.login(t, made.URL))
		t.Cleanup(func() {
			run(t, p.Conn, "DROP OWNED BY "+o.name, "ALTER DATABASE "+pgx.Identifier{made.Name}.Sanitize()+" OWNER TO CURRENT_USER")
		})
	}
	if err := postgres.ApplySchema(t.Context(), p.owner); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.script(t, remove) })
	p.script(t, slices.Concat(scripts, scripts)...)
	return p
}

// rights lists what a login may do with columns of any table of the schema.
func rights(t *testing.T, p place, login string) []string {
	t.Helper()
	rows, err := p.Query(t.Context(), `
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
	eachOwner(t, func(t *testing.T, o owner) {
		staging := o.apply(t, base, baseStaging)
		for login, want := range map[string][]string{"dbops_find_regions": find, "dbops_bump_versions": bump, "dbops_set_region_uri": set} {
			if diff := cmp.Diff(want, rights(t, staging, login)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", login, diff)
			}
		}
	})
}

// TestOnProductionNobodyWritesAURI: the roles are the server's, so staging's login may exist, but it has no right there.
func TestOnProductionNobodyWritesAURI(t *testing.T) {
	eachOwner(t, func(t *testing.T, o owner) {
		o.apply(t, base, baseStaging)
		production := o.apply(t, base)
		for _, login := range []string{"dbops_find_regions", "dbops_bump_versions", "dbops_set_region_uri"} {
			if slices.Contains(rights(t, production, login), "update region_config.s3_uri") {
				t.Errorf("%s may write s3_uri", login)
			}
		}
	})
}

// TestRowsCanBeLocked: SELECT ... FOR UPDATE is what the functions do before they write.
func TestRowsCanBeLocked(t *testing.T) {
	eachOwner(t, func(t *testing.T, o owner) {
		locks := o.apply(t, base, baseStaging)
		for login, statement := range map[string]string{
			"dbops_bump_versions":  "SELECT id, name, country_code, region_code, version FROM region_config ORDER BY id FOR UPDATE",
			"dbops_set_region_uri": "SELECT s3_uri FROM region_config FOR UPDATE",
		} {
			for _, s := range []string{"SET ROLE " + login, statement, "RESET ROLE"} {
				if _, err := locks.Exec(t.Context(), s); err != nil {
					t.Errorf("%s: %s: %v", login, s, err)
				}
			}
		}
	})
}

// logins lists the SQL functions' logins that there are, and of them those that are members of a role.
func logins(t *testing.T, p place, memberOf string) []string {
	t.Helper()
	rows, err := p.Query(t.Context(), `
		SELECT rolname FROM pg_roles
		WHERE rolname LIKE 'dbops%' AND ($1 = '' OR pg_has_role(rolname, NULLIF($1, ''), 'MEMBER')) ORDER BY 1`, memberOf)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// onRDS makes the role rds_iam, which the owner may pass on, as RDS's own does.
func (o owner) onRDS(t *testing.T) {
	t.Helper()
	administer(t, "CREATE ROLE rds_iam")
	t.Cleanup(func() { administer(t, "DROP ROLE rds_iam") })
	if o.name != "" {
		administer(t, "GRANT rds_iam TO "+o.name+" WITH ADMIN OPTION")
	}
}

// TestWhoLogsInByIAM: on RDS the role rds_iam always exists, and its members cannot log in by password. So only the script
// for IAM authentication may make members.
func TestWhoLogsInByIAM(t *testing.T) {
	eachOwner(t, func(t *testing.T, o owner) {
		o.onRDS(t)
		p := o.apply(t, base, baseStaging)
		if got := logins(t, p, "rds_iam"); len(got) != 0 {
			t.Errorf("with secrets %v are members of rds_iam, and could not log in", got)
		}
		p.script(t, iam, iam)
		want := []string{"dbops_bump_versions", "dbops_find_regions", "dbops_set_region_uri"}
		if diff := cmp.Diff(want, logins(t, p, "rds_iam")); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestNothingOfTheLoginsIsLeft(t *testing.T) {
	for name, scripts := range map[string][]string{
		"production": {base}, "production with IAM": {base, iam}, "staging": {base, baseStaging}, "staging with IAM": {base, baseStaging, iam},
	} {
		t.Run(name, func(t *testing.T) {
			eachOwner(t, func(t *testing.T, o owner) {
				o.onRDS(t)
				p := o.apply(t, scripts...)
				if got := logins(t, p, ""); len(got) < 2 {
					t.Fatalf("before it there are only %v", got)
				}
				p.script(t, remove, remove)
				if got := logins(t, p, ""); len(got) != 0 {
					t.Errorf("%v are left", got)
				}
				if _, err := p.owner.Exec(t.Context(), "SELECT s3_uri FROM region_config, project FOR UPDATE"); err != nil {
					t.Errorf("the tables' owner has lost a right: %v", err)
				}
			})
		})
	}
}

// TestRemovalLeavesOtherDatabasesAlone: staging's and production's databases may be in one server, whose logins are shared.
// There nobody else may connect, so that the right to do so counts.
func TestRemovalLeavesOtherDatabasesAlone(t *testing.T) {
	eachOwner(t, func(t *testing.T, o owner) {
		staging, production := o.apply(t, base, baseStaging), o.apply(t, base)
		run(t, production.owner, "REVOKE CONNECT ON DATABASE "+pgx.Identifier{production.Config().Database}.Sanitize()+" FROM PUBLIC")
		staging.script(t, remove, remove)
		for login, want := range map[string][]string{"dbops_find_regions": find, "dbops_bump_versions": bump} {
			if diff := cmp.Diff(want, rights(t, production, login)); diff != "" {
				t.Errorf("%s on production (-want +got):\n%s", login, diff)
			}
			if got := rights(t, staging, login); len(got) != 0 {
				t.Errorf("%s still has %v on staging", login, got)
			}
			var may bool
			if err := production.QueryRow(t.Context(), "SELECT has_database_privilege($1, current_database(), 'CONNECT')", login).Scan(&may); err != nil || !may {
				t.Errorf("%s may no longer connect to production (%v)", login, err)
			}
		}
		if diff := cmp.Diff([]string{"dbops_bump_versions", "dbops_find_regions"}, logins(t, production, "")); diff != "" {
			t.Errorf("after staging (-want +got):\n%s", diff)
		}
		production.script(t, remove)
		if got := logins(t, production, ""); len(got) != 0 {
			t.Errorf("after both %v are left", got)
		}
	})
}

// TestALoginThatMayOnlyConnectElsewhereStays: such a right belongs to no database in PostgreSQL's catalogue, and keeps the role
// from being dropped all the same.
func TestALoginThatMayOnlyConnectElsewhereStays(t *testing.T) {
	eachOwner(t, func(t *testing.T, o owner) {
		staging, other := o.apply(t, base), o.apply(t)
		run(t, other.owner, "GRANT CONNECT ON DATABASE "+pgx.Identifier{other.Config().Database}.Sanitize()+" TO dbops_find_regions")
		staging.script(t, remove)
		if diff := cmp.Diff([]string{"dbops_find_regions"}, logins(t, other, "")); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}
