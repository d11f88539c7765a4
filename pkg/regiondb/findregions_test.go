package regiondb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

// given is a list of the other environment's URIs, or a failure to read it.
type given struct {
	list []string
	err  error
}

func (g given) uris(context.Context) ([]string, error) { return g.list, g.err }
func (g given) rows() OtherRows                        { return VisibleRows }

func wants(uris ...string) FindRegionsInput {
	var in FindRegionsInput
	for i, uri := range uris {
		in.Regions = append(in.Regions, WantedRegion{URI: uri, Source: fmt.Sprintf("s3://uploads/%d/", i)})
	}
	return in
}

func TestFindRegions(t *testing.T) {
	t.Parallel()
	db, conn := newDB(t)
	texas(t, conn)
	before := table(t, conn)
	verb := FindRegions{Database: db, Environment: "Staging", Others: given{list: []string{"s3://production/TX/1/"}}}

	t.Run("live and hidden", func(t *testing.T) {
		out, err := verb.Run(t.Context(), wants("s3://bucket/TX/1", "s3://bucket/TX/2/"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		want := `{"environment":"Staging","otherRows":"visible","regions":[` +
			`{"id":"` + id(1) + `","name":"Texas","countryCode":"US","regionCode":"TX","uri":"s3://bucket/TX/1/","source":"s3://uploads/0/",` +
			`"version":"2021-08-12T21:42:38.860Z","hidden":false,"maps":2,"allowBreakingMaps":false,"mended":["uri had no trailing slash; it was added"]},` +
			`{"id":"` + id(2) + `","name":"Texas","countryCode":"US","regionCode":"TX","uri":"s3://bucket/TX/2/","source":"s3://uploads/1/",` +
			`"version":"2021-08-12T22:42:38.860Z","hidden":true,"maps":3,"allowBreakingMaps":false,"mended":["row ` + id(2) +
			` is stored without the trailing slash (s3://bucket/TX/2), with which browsers and tasks find no file; set-region-uri mends it where that is allowed"]}]}`
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Error(diff)
		}
	})
	expecting := wants("s3://bucket/TX/1/")
	expecting.Expect = []VersionedRow{{id(1), Moment{v1}}}
	if _, err := verb.Run(t.Context(), expecting); err != nil {
		t.Errorf("with the version it has: %v", err)
	}
	conflicting := expecting
	conflicting.Expect = []VersionedRow{{id(1), Moment{v1.Add(time.Millisecond)}}}
	shared, unread := verb, verb
	shared.Others = given{list: []string{"s3://bucket/TX/1"}}
	unread.Others = given{err: errors.New("no answer")}
	for _, tt := range []struct {
		name string
		verb FindRegions
		in   FindRegionsInput
		err  fault.Name // empty: an error without a name
	}{
		{"archived", verb, wants("s3://bucket/TX/0/"), fault.RegionNotFound},
		{"unknown", verb, wants("s3://bucket/TX/1/", "s3://bucket/CA/"), fault.RegionNotFound},
		{"another version", verb, conflicting, fault.VersionConflict},
		{"shared", shared, wants("s3://bucket/TX/1/"), fault.SharedURI},
		{"the other environment cannot be read", unread, wants("s3://bucket/TX/1/"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if out, err := tt.verb.Run(t.Context(), tt.in); err == nil || nameOf(err) != tt.err {
				t.Errorf("Run = %+v, %v; want %q", out, err, tt.err)
			}
		})
	}
	if diff := cmp.Diff(before, table(t, conn)); diff != "" {
		t.Errorf("find-regions changed rows:\n%s", diff)
	}
}
