package regiondb

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/internal/postgres"
	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

func bumps(at Moment, ids ...int) BumpVersionsInput {
	in := BumpVersionsInput{At: at}
	for _, n := range ids {
		in.Regions = append(in.Regions, VersionedRow{id(n), Moment{v1.Add(time.Duration(n-1) * time.Hour)}})
	}
	return in
}

func TestBumpVersions(t *testing.T) {
	t.Parallel()
	now := at("2026-11-22T20:04:05.123Z")
	t.Run("siblings of one name get different versions", func(t *testing.T) {
		t.Parallel()
		db, conn := newDB(t)
		texas(t, conn)
		before := table(t, conn)
		in := bumps(now, 2, 1)
		for call, changed := range []bool{true, false} {
			out, err := BumpVersions{db}.Run(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			want := []Bumped{{id(2), in.Regions[0].Version, at("2026-11-22T20:04:05.124Z"), changed}, {id(1), in.Regions[1].Version, now, changed}}
			if diff := cmp.Diff(want, out.Rows); diff != "" {
				t.Errorf("call %d:\n%s", call, diff)
			}
		}
		before[id(1)] = "s3://bucket/TX/1/ 2026-11-22T20:04:05.123Z"
		before[id(2)] = "s3://bucket/TX/2 2026-11-22T20:04:05.124Z"
		if diff := cmp.Diff(before, table(t, conn)); diff != "" {
			t.Errorf("exactly the named rows change:\n%s", diff)
		}
	})
	t.Run("a conflict changes nothing", func(t *testing.T) {
		t.Parallel()
		db, conn := newDB(t)
		texas(t, conn)
		before := table(t, conn)
		in := bumps(now, 1, 2)
		in.Regions[1].Version = Moment{v1}
		if _, err := (BumpVersions{db}).Run(t.Context(), in); nameOf(err) != fault.VersionConflict {
			t.Errorf("Run = %v", err)
		}
		if diff := cmp.Diff(before, table(t, conn)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a stored version with microseconds", func(t *testing.T) {
		t.Parallel()
		db, conn := newDB(t)
		insert(t, conn, postgres.Region{ID: id(1), Name: "Utah", URI: "s3://bucket/UT/", Version: v1.Add(999 * time.Microsecond)})
		out, err := BumpVersions{db}.Run(t.Context(), bumps(Moment{v1}, 1))
		if err != nil || !out.Rows[0].Changed {
			t.Fatalf("Run = %+v, %v", out, err)
		}
		if got := table(t, conn)[id(1)]; got != "s3://bucket/UT/ 2021-08-12T21:42:38.861Z" {
			t.Errorf("the row is %s; want it strictly later, in whole milliseconds", got)
		}
	})
	t.Run("an unknown row", func(t *testing.T) {
		t.Parallel()
		db, _ := newDB(t)
		if _, err := (BumpVersions{db}).Run(t.Context(), bumps(now, 9)); nameOf(err) != fault.RegionNotFound {
			t.Errorf("Run = %v", err)
		}
	})
	t.Run("many at once bump once", func(t *testing.T) {
		t.Parallel()
		db, conn := newDB(t)
		texas(t, conn)
		writes := countWrites(t, conn)
		var changes atomic.Int32
		var all sync.WaitGroup
		for n := range 8 {
			all.Go(func() {
				in := bumps(now, 1, 2)
				if n%2 == 1 {
					in = bumps(now, 2, 1)
				}
				out, err := BumpVersions{db}.Run(t.Context(), in)
				if err != nil {
					t.Error(err)
					return
				}
				for _, r := range out.Rows {
					if r.Changed {
						changes.Add(1)
					}
				}
			})
		}
		all.Wait()
		if changes.Load() != 2 {
			t.Errorf("%d changes of 2 rows", changes.Load())
		}
		if diff := cmp.Diff(map[string]int{id(1): 1, id(2): 1}, writes()); diff != "" {
			t.Errorf("writes of versions:\n%s", diff)
		}
	})
	t.Run("of two with different moments one is refused", func(t *testing.T) {
		t.Parallel()
		db, conn := newDB(t)
		texas(t, conn)
		var refused atomic.Int32
		var all sync.WaitGroup
		for n := range 2 {
			all.Go(func() {
				_, err := BumpVersions{db}.Run(t.Context(), bumps(Moment{now.Add(time.Duration(n) * time.Second)}, 1))
				if nameOf(err) == fault.VersionConflict {
					refused.Add(1)
				} else if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if refused.Load() != 1 {
			t.Errorf("%d were refused, want 1", refused.Load())
		}
	})
}

func TestBumpVersionsInput(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*BumpVersionsInput){
		"no regions": func(in *BumpVersionsInput) { in.Regions = nil },
		"no moment":  func(in *BumpVersionsInput) { in.At = Moment{} },
		"a bad id":   func(in *BumpVersionsInput) { in.Regions[0].ID = "1" },
		"no version": func(in *BumpVersionsInput) { in.Regions[0].Version = Moment{} },
		"a row twice": func(in *BumpVersionsInput) {
			in.Regions = append(in.Regions, in.Regions[0])
		},
	} {
		in := bumps(Moment{v1}, 1)
		if err := in.Validate(); err != nil {
			t.Fatal(err)
		}
		if change(&in); in.Validate() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
