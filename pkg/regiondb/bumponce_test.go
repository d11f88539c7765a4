package regiondb

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

// countWrites lets the database itself count how often each row's version is written from here on.
func countWrites(t *testing.T, conn *pgx.Conn) func() map[string]int {
	t.Helper()
	_, err := conn.Exec(t.Context(), `
		CREATE TABLE written (id uuid);
		CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO written VALUES (NEW.id); RETURN NEW; END $$;
		CREATE TRIGGER note AFTER UPDATE OF version ON region_config FOR EACH ROW EXECUTE FUNCTION note()`)
	if err != nil {
		t.Fatal(err)
	}
	return func() map[string]int {
		t.Helper()
		rows, err := conn.Query(t.Context(), "SELECT id::text FROM written")
		if err != nil {
			t.Fatal(err)
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		writes := map[string]int{}
		for _, id := range ids {
			writes[id]++
		}
		return writes
	}
}

// A run bumps once, however often it calls, and whatever moment a repetition names.
func TestBumpVersionsOnceInARun(t *testing.T) {
	t.Parallel()
	now := at("2026-11-22T20:04:05.123Z")
	for _, tt := range []struct {
		name  string
		again Moment
		err   fault.Name // of the repetition
	}{
		{"the same moment", now, ""},
		{"a later moment", Moment{now.Add(time.Minute)}, fault.VersionConflict},
		{"an earlier moment", Moment{now.Add(-time.Minute)}, fault.VersionConflict},
		{"a moment before the old versions", Moment{v1.Add(-time.Hour)}, fault.VersionConflict},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db, conn := newDB(t)
			texas(t, conn)
			writes := countWrites(t, conn)
			if _, err := (BumpVersions{db}).Run(t.Context(), bumps(now, 1, 2)); err != nil {
				t.Fatal(err)
			}
			first := table(t, conn)
			for range 3 {
				out, err := BumpVersions{db}.Run(t.Context(), bumps(tt.again, 1, 2))
				if nameOf(err) != tt.err || (err == nil) != (tt.err == "") {
					t.Errorf("again: %+v, %v; want %q", out, err, tt.err)
				}
			}
			if diff := cmp.Diff(first, table(t, conn)); diff != "" {
				t.Errorf("a repetition changed rows:\n%s", diff)
			}
			if diff := cmp.Diff(map[string]int{id(1): 1, id(2): 1}, writes()); diff != "" {
				t.Errorf("writes of versions:\n%s", diff)
			}
		})
	}
}

// A call that timed out may still be at work in the database when its repetition comes.
func TestBumpVersionsWaitsForACallUnderWay(t *testing.T) {
	t.Parallel()
	now := at("2026-11-22T20:04:05.123Z")
	for _, tt := range []struct {
		name    string
		commits bool
	}{{"which commits", true}, {"which comes to nothing", false}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db, conn := newDB(t)
			texas(t, conn)
			writes := countWrites(t, conn)
			earlier, err := pgx.ConnectConfig(t.Context(), conn.Config())
			if err != nil {
				t.Fatal(err)
			}
			defer earlier.Close(t.Context())
			in := bumps(now, 1, 2)
			tx, err := earlier.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			rows, err := siblings(t.Context(), tx, in.Regions)
			if err != nil {
				t.Fatal(err)
			}
			bumped, err := bump(rows, in.Regions, in.At)
			if err != nil || update(t.Context(), tx, bumped) != nil {
				t.Fatal(bumped, err)
			}
			type answer struct {
				out BumpVersionsOutput
				err error
			}
			answers := make(chan answer, 1)
			go func() {
				out, err := BumpVersions{db}.Run(t.Context(), in)
				answers <- answer{out, err}
			}()
			awaitLock(t, conn)
			end := tx.Rollback
			if tt.commits {
				end = tx.Commit
			}
			if err := end(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := <-answers
			if got.err != nil {
				t.Fatal(got.err)
			}
			for i, r := range got.out.Rows {
				if r.Changed == tt.commits || !r.New.Equal(bumped[i].New) {
					t.Errorf("the repetition answers %+v after %+v", r, bumped[i])
				}
			}
			if diff := cmp.Diff(map[string]int{id(1): 1, id(2): 1}, writes()); diff != "" {
				t.Errorf("writes of versions that were committed:\n%s", diff)
			}
		})
	}
}

// awaitLock returns when somebody waits for a lock in the database.
func awaitLock(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	for waiting := 0; waiting == 0; {
		err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
}
