package regiondb

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

func at(text string) Moment {
	var m Moment
	if err := m.UnmarshalText([]byte(text)); err != nil {
		panic(err)
	}
	return m
}

func id(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

func nameOf(err error) fault.Name {
	name, _ := fault.NameOf(err)
	return name
}

func TestBump(t *testing.T) {
	t.Parallel()
	v1, now := at("2021-08-12T21:42:38.860Z"), at("2026-11-22T20:04:05.123Z")
	next := at("2026-11-22T20:04:05.124Z")
	tx, ca := sibling{id(1), "Texas US TX", v1}, sibling{id(2), "California US CA", v1}
	with := func(s sibling, version Moment) sibling { s.version = version; return s }
	wantTX, wantCA := VersionedRow{id(1), v1}, VersionedRow{id(2), v1}
	for _, tt := range []struct {
		name   string
		rows   []sibling
		wanted []VersionedRow
		at     Moment
		want   []Bumped
		err    fault.Name
	}{
		{"one", []sibling{tx}, []VersionedRow{wantTX}, now, []Bumped{{id(1), v1, now, true}}, ""},
		{"several, in the order of the input", []sibling{tx, ca}, []VersionedRow{wantCA, wantTX}, now,
			[]Bumped{{id(2), v1, now, true}, {id(1), v1, now, true}}, ""},
		{"again", []sibling{with(tx, now)}, []VersionedRow{wantTX}, now, []Bumped{{id(1), v1, now, false}}, ""},
		{"a clock behind the old version", []sibling{with(tx, now)}, []VersionedRow{{id(1), now}}, v1, []Bumped{{id(1), now, next, true}}, ""},
		{"a clock at the old version", []sibling{with(tx, now)}, []VersionedRow{{id(1), now}}, now, []Bumped{{id(1), now, next, true}}, ""},
		{"bumped by someone else", []sibling{with(tx, next)}, []VersionedRow{wantTX}, now, nil, fault.VersionConflict},
		{"one of two bumped by someone else", []sibling{tx, with(ca, next)}, []VersionedRow{wantTX, wantCA}, now, nil, fault.VersionConflict},
		{"gone", []sibling{tx}, []VersionedRow{wantTX, wantCA}, now, nil, fault.RegionNotFound},
		{"a sibling that has the version already", []sibling{tx, {id(3), tx.name, now}}, []VersionedRow{wantTX}, now, []Bumped{{id(1), v1, next, true}}, ""},
		{"a sibling that has the version already, again", []sibling{with(tx, next), {id(3), tx.name, now}}, []VersionedRow{wantTX}, now, []Bumped{{id(1), v1, next, false}}, ""},
		{"two siblings", []sibling{tx, {id(3), tx.name, next}}, []VersionedRow{{id(3), next}, wantTX}, now,
			[]Bumped{{id(3), next, at("2026-11-22T20:04:05.125Z"), true}, {id(1), v1, now, true}}, ""},
		{"two siblings, again", []sibling{with(tx, now), {id(3), tx.name, at("2026-11-22T20:04:05.125Z")}}, []VersionedRow{{id(3), next}, wantTX}, now,
			[]Bumped{{id(3), next, at("2026-11-22T20:04:05.125Z"), false}, {id(1), v1, now, false}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := bump(tt.rows, tt.wanted, tt.at)
			if nameOf(err) != tt.err || (err == nil) != (tt.err == "") {
				t.Fatalf("error %v, want %q", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			for _, b := range got {
				if !b.New.After(b.Old.Time) {
					t.Errorf("%s is not strictly later than %s", b.New, b.Old)
				}
			}
		})
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	tx := row{id: id(1), name: "Texas", country: "US", region: "TX", uri: "s3://bucket/TX/1/", version: at("2021-08-12T21:42:38.860Z")}
	hidden := row{id: id(2), name: "Texas", country: "US", region: "TX", uri: "s3://bucket/TX/2/", hidden: true}
	bare := tx
	bare.uri = "s3://bucket/TX/1"
	inside, around := hidden, hidden
	inside.uri, around.uri = "s3://bucket/TX/1/new/", "s3://bucket/TX"
	longer := hidden
	longer.uri = "s3://bucket/TX/10/"
	for _, tt := range []struct {
		name   string
		rows   []row
		uris   []string
		want   []string // ids
		mended string
		err    fault.Name
	}{
		{"one", []row{tx}, []string{"s3://bucket/TX/1/"}, []string{id(1)}, "", ""},
		{"the hidden one beside it", []row{tx, hidden}, []string{"s3://bucket/TX/2/"}, []string{id(2)}, "", ""},
		{"both, in the order of the input", []row{tx, hidden}, []string{"s3://bucket/TX/2/", "s3://bucket/TX/1/"}, []string{id(2), id(1)}, "", ""},
		{"asked without the slash", []row{tx}, []string{"s3://bucket/TX/1"}, []string{id(1)}, "no trailing slash", ""},
		{"stored without the slash", []row{bare}, []string{"s3://bucket/TX/1/"}, []string{id(1)}, "stored without", ""},
		{"beside one with a longer name", []row{tx, longer}, []string{"s3://bucket/TX/1/"}, []string{id(1)}, "", ""},
		{"unknown", []row{tx}, []string{"s3://bucket/CA/1/"}, nil, "", fault.RegionNotFound},
		{"stored both ways", []row{tx, bare}, []string{"s3://bucket/TX/1/"}, nil, "", fault.SharedURI},
		{"another row inside", []row{tx, inside}, []string{"s3://bucket/TX/1/"}, nil, "", fault.SharedURI},
		{"another row around", []row{around, tx}, []string{"s3://bucket/TX/1/"}, nil, "", fault.SharedURI},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var wanted []WantedRegion
			for i, uri := range tt.uris {
				wanted = append(wanted, WantedRegion{URI: uri, Source: fmt.Sprintf("s3://bucket/new/%d/", i)})
			}
			requests, err := canonical(wanted)
			if err != nil {
				t.Fatal(err)
			}
			found, err := match(tt.rows, requests, false)
			if nameOf(err) != tt.err || (err == nil) != (tt.err == "") {
				t.Fatalf("error %v, want %q", err, tt.err)
			}
			var got []string
			for _, r := range found {
				got = append(got, r.ID)
				if mended := strings.Join(r.Mended, ";"); (mended == "") != (tt.mended == "") || !strings.Contains(mended, tt.mended) {
					t.Errorf("mended %q, want %q", mended, tt.mended)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAllowBreakingMapsForAllOrOne(t *testing.T) {
	t.Parallel()
	rows := []row{{id: id(1), uri: "s3://bucket/a/"}, {id: id(2), uri: "s3://bucket/b/"}}
	requests, err := canonical([]WantedRegion{{URI: "s3://bucket/a/", Source: "s3://bucket/x/"}, {URI: "s3://bucket/b/", Source: "s3://bucket/y/", AllowBreakingMaps: true}})
	if err != nil {
		t.Fatal(err)
	}
	for all, want := range map[bool][2]bool{false: {false, true}, true: {true, true}} {
		found, err := match(rows, requests, all)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]bool{found[0].AllowBreakingMaps, found[1].AllowBreakingMaps}; got != want {
			t.Errorf("for all %v: %v, want %v", all, got, want)
		}
	}
}

func TestFindRegionsInput(t *testing.T) {
	t.Parallel()
	region := func(uri, source string) WantedRegion { return WantedRegion{URI: uri, Source: source} }
	many := make([]WantedRegion, 61)
	for i := range many {
		many[i] = region(fmt.Sprintf("s3://bucket/%d/", i), fmt.Sprintf("s3://bucket/new-%d/", i))
	}
	for _, tt := range []struct {
		name string
		in   FindRegionsInput
		says string // empty: accepted
	}{
		{"one", FindRegionsInput{Regions: []WantedRegion{region("s3://bucket/a/", "s3://bucket/b/")}}, ""},
		{"a source beside with a longer name", FindRegionsInput{Regions: []WantedRegion{region("s3://bucket/a/", "s3://bucket/a-new/")}}, ""},
		{"fifty", FindRegionsInput{Regions: many[:50]}, ""},
		{"the same path in two buckets", FindRegionsInput{Regions: []WantedRegion{region("s3://bucket/a/", "s3://uploads/a/")}}, ""},
		{"none", FindRegionsInput{}, "expected 1 to 60"},
		{"sixty-one", FindRegionsInput{Regions: many}, "expected 1 to 60"},
		{"a source that is no URI", FindRegionsInput{Regions: []WantedRegion{region("s3://bucket/a/", "bucket/b")}}, "s3://"},
		{"no URI", FindRegionsInput{Regions: []WantedRegion{region("", "s3://bucket/b/")}}, "s3://"},
		{"the source is the region", FindRegionsInput{Regions: []WantedRegion{region("s3://bucket/a/", "s3://bucket/a")}}, "overwritten"},
		{"the source in the region", FindRegionsInput{Regions: []WantedRegion{region("s3://bucket/a/", "s3://bucket/a/new/")}}, "overwritten"},
		{"the source around the region", FindRegionsInput{Regions: []WantedRegion{region("s3://bucket/a/b/", "s3://bucket/a/")}}, "overwritten"},
		{"the source in another region", FindRegionsInput{Regions: []WantedRegion{region("s3://bucket/a/", "s3://bucket/c/new/"), region("s3://bucket/c/", "s3://bucket/d/")}}, "overwritten"},
		{"the same region twice", FindRegionsInput{Regions: []WantedRegion{region("s3://bucket/a/", "s3://bucket/b/"), region("s3://bucket/a", "s3://bucket/c/")}}, "once"},
		{"a region in a region", FindRegionsInput{Regions: []WantedRegion{region("s3://bucket/a/", "s3://bucket/b/"), region("s3://bucket/a/x/", "s3://bucket/c/")}}, "once"},
		{"the same source twice", FindRegionsInput{Regions: []WantedRegion{region("s3://bucket/a/", "s3://bucket/b/"), region("s3://bucket/c/", "s3://bucket/b/")}}, "own data"},
		{"an expected id that is none", FindRegionsInput{Regions: many[:1], Expect: []VersionedRow{{"x", at("2021-08-12T21:42:38.860Z")}}}, "UUID"},
		{"an expected version that is missing", FindRegionsInput{Regions: many[:1], Expect: []VersionedRow{{ID: id(1)}}}, "version"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.in.Validate()
			if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Validate = %v, want %q", err, tt.says)
			}
		})
	}
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	v1, v2 := at("2021-08-12T21:42:38.860Z"), at("2026-11-22T20:04:05.123Z")
	found := []Region{{ID: id(1), Version: v1}, {ID: id(2), Version: v2}}
	for _, tt := range []struct {
		name   string
		expect []VersionedRow
		ok     bool
	}{
		{"as before", []VersionedRow{{id(2), v2}, {id(1), v1}}, true},
		{"one bumped since", []VersionedRow{{id(1), v1}, {id(2), v1}}, false},
		{"one more now", []VersionedRow{{id(1), v1}}, false},
		{"one less now", []VersionedRow{{id(1), v1}, {id(2), v2}, {id(3), v1}}, false},
		{"an empty list", []VersionedRow{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := confirm(found, tt.expect); (err == nil) != tt.ok || err != nil && nameOf(err) != fault.VersionConflict {
				t.Errorf("confirm = %v, want ok %v", err, tt.ok)
			}
		})
	}
}

func TestUnshared(t *testing.T) {
	t.Parallel()
	requests, err := canonical([]WantedRegion{{URI: "s3://bucket/TX/1/", Source: "s3://bucket/new/"}})
	if err != nil {
		t.Fatal(err)
	}
	found := []Region{{Name: "Texas", URI: requests[0].uri}}
	for other, shared := range map[string]bool{
		"s3://bucket/TX/1/":      true,
		"s3://bucket/TX/1":       true,
		"s3://bucket/TX/1//":     true,
		"s3://bucket/TX/1/old/":  true,
		"s3://bucket/TX/":        true,
		"s3://bucket/":           true,
		"s3://bucket/TX/10/":     false,
		"s3://bucket/TX/2/":      false,
		"s3://production/TX/1/":  false,
		"s3://bucket/TX/1-copy/": false,
	} {
		t.Run(other, func(t *testing.T) {
			err := unshared(found, []string{"s3://bucket/CA/", other})
			if (err != nil) != shared || err != nil && nameOf(err) != fault.SharedURI {
				t.Errorf("unshared = %v, want shared %v", err, shared)
			}
		})
	}
}

func TestMoment(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`"2021-08-12T21:42:38.860Z"`:        `"2021-08-12T21:42:38.860Z"`,
		`"2021-08-12T21:42:38.86Z"`:         `"2021-08-12T21:42:38.860Z"`,
		`"2021-08-12T21:42:38Z"`:            `"2021-08-12T21:42:38.000Z"`,
		`"2021-08-12T21:42:38.860999Z"`:     `"2021-08-12T21:42:38.860Z"`,
		`"2021-08-12T16:42:38.860-05:00"`:   `"2021-08-12T21:42:38.860Z"`,
		`"2021-08-12"`:                      "",
		`1628804558860`:                     "",
		`"`:                                 "",
		`"2021-08-12T21:42:38.860Z` + "\"x": "",
	} {
		var m Moment
		err := json.Unmarshal([]byte(in), &m)
		if want == "" {
			if err == nil {
				t.Errorf("%s is accepted as %s", in, m)
			}
			continue
		}
		if got, _ := json.Marshal(m); err != nil || string(got) != want {
			t.Errorf("%s reads as %s, %v; want %s", in, got, err, want)
		}
	}
}

func TestReadList(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, body string
		want       []string
	}{
		{"regions", `[{"id":"x","s3URI":"s3://bucket/TX/1/","chambers":[]},{"s3URI":"s3://bucket/CA/1"}]`, []string{"s3://bucket/TX/1/", "s3://bucket/CA/1"}},
		{"empty", `[]`, nil},
		{"cut off", `[{"s3URI":"s3://bucket/TX/1/"}`, nil},
		{"one without a URI", `[{"s3URI":"s3://bucket/TX/1/"},{"id":"x"}]`, nil},
		{"an error page", `<html>`, nil},
		{"an error object", `{"statusCode":500}`, nil},
		{"too long", strings.Repeat(" ", listLimit) + `[{"s3URI":"s3://bucket/TX/1/"}]`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readList([]byte(tt.body))
			if diff := cmp.Diff(tt.want, got); diff != "" || (err == nil) != (tt.want != nil) {
				t.Error(diff, err)
			}
		})
	}
}

func TestPassing(t *testing.T) {
	t.Parallel()
	state := func(code string) error { return fmt.Errorf("x: %w", &pgconn.PgError{Code: code}) }
	for _, tt := range []struct {
		name string
		err  error
		want bool
	}{
		{"deadlock", state("40P01"), true},
		{"serialization", state("40001"), true},
		{"lock timeout", state("55P03"), true},
		{"statement timeout", state("57014"), true},
		{"shut down", state("57P01"), true},
		{"starting", state("57P03"), true},
		{"too many connections", state("53300"), true},
		{"the old primary", state("25006"), true},
		{"a rotation under way", state("28P01"), true},
		{"no such database", state("3D000"), false},
		{"no such table", state("42P01"), false},
		{"not permitted", state("42501"), false},
		{"unique", state("23505"), false},
		{"answer lost", fmt.Errorf("x: %w", io.ErrUnexpectedEOF), true},
		{"an authority that is not trusted", fmt.Errorf("x: %w", &tls.CertificateVerificationError{Err: errors.New("unknown")}), false},
		{"a programming error", errors.New("x"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := passing(tt.err); got != tt.want {
				t.Errorf("passing(%v) = %v, want %v", tt.err, got, tt.want)
			}
			if got := nameOf(named(tt.err)) == fault.Unavailable; got != tt.want {
				t.Errorf("named(%v) is Unavailable: %v, want %v", tt.err, got, tt.want)
			}
		})
	}
	if nameOf(named(fault.New(fault.VersionConflict, "%w", state("40001")))) != fault.VersionConflict {
		t.Error("an error that has a name lost it")
	}
}

func TestLaterIsStrictlyLater(t *testing.T) {
	t.Parallel()
	old := at("2026-11-22T20:04:05.123Z")
	for _, micro := range []int{-1001, -1000, -1, 0, 1, 999, 1000, 1001} {
		got := later(Moment{old.Add(time.Duration(micro) * time.Microsecond)}, old)
		if !got.After(old.Time) || got.Nanosecond()%1e6 != 0 {
			t.Errorf("%d µs after: %v", micro, got.Time)
		}
	}
}
