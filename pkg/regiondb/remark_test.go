package regiondb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/publicmapping/districtbuilder-ops/internal/postgres"
	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

// wide makes n requests with names and URIs as long as they get, none of which has its trailing slash, nor has its row.
// extra makes the URIs longer.
func wide(n int, extra string) (rows []postgres.Region, in FindRegionsInput) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for i := range n {
		code := string(letters[i/26]) + string(letters[i%26])
		uri := "s3://global-districtbuilder-production-us-east-1/regions/US/" + code + "/" + extra + "2021-08-12T21:42:38.860Z"
		rows = append(rows, postgres.Region{ID: id(i + 1), Name: "Commonwealth of the Northern Mariana Islands " + code,
			CountryCode: "US", RegionCode: code, URI: uri, Version: v1})
		in.Regions = append(in.Regions, WantedRegion{URI: uri,
			Source: "s3://global-districtbuilder-development-us-east-1/regions/US/" + code + "/" + extra + "2026-11-20T09:30:00.000Z"})
	}
	return rows, in
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300) + "/"
	for _, tt := range []struct {
		name       string
		rows, asks int
		extra      string
		refused    string // "" if it is answered
	}{
		{"60 of 60 rows", 60, 60, "", ""},
		{"60 of 200 rows", 200, 60, "", ""},
		{"200 rows", 200, 200, "", "regions: 200; expected 1 to 60, and the others in another run"},
		{"60 rows with URIs that nobody has", 60, 60, long, "update them in several runs, of at most "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db, conn := newDB(t)
			rows, in := wide(tt.rows, tt.extra)
			for _, r := range rows {
				insert(t, conn, r)
			}
			in.Regions = in.Regions[:tt.asks]
			payload, err := json.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			verb := FindRegions{Database: db, Environment: "Production", Others: noOther{}}
			answer, err := lambdarun.Handle(slog.New(slog.DiscardHandler), verb.Run)(t.Context(), payload)
			if tt.refused != "" {
				named, _ := err.(messages.InvokeResponse_Error)
				if named.Type != string(fault.InvalidInput) || !strings.Contains(named.Message, tt.refused) {
					t.Errorf("error = %v, want InvalidInput with %q", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var out FindRegionsOutput
			if err := json.Unmarshal(answer, &out); err != nil {
				t.Fatal(err)
			}
			requests, err := canonical(in.Regions)
			if err != nil {
				t.Fatal(err)
			}
			var want []Region
			for i, q := range requests {
				want = append(want, Region{ID: rows[i].ID, Name: rows[i].Name, CountryCode: "US", RegionCode: rows[i].RegionCode,
					URI: q.uri, Source: q.source, Version: Moment{v1}})
			}
			if diff := cmp.Diff(want, out.Regions, cmpopts.IgnoreFields(Region{}, "Mended")); diff != "" {
				t.Error(diff)
			}
			for _, says := range []string{"uri had no", "source had no", "row " + id(told) + " is stored"} {
				if !strings.Contains(strings.Join(out.Regions[told-1].Mended, "\n"), says) {
					t.Errorf("region %d: %q; want one with %q", told, out.Regions[told-1].Mended, says)
				}
			}
			if n := bytes.Count(answer, []byte("the same holds for 57 more of these regions, the first of them "+rows[told].Name)); n != 3 {
				t.Errorf("the rest is told of %d times, want once for each of three kinds", n)
			}
		})
	}
}

func TestAnnotate(t *testing.T) {
	t.Parallel()
	rest := func(count, first int) string {
		return fmt.Sprintf("; the same holds for %d more of these regions, the first of them R%d (%s)", count, first, id(first))
	}
	row := func(n int) remark { return remark{"row", fmt.Sprintf("row %d", n)} }
	slash := remark{"uri", "slash"}
	for _, tt := range []struct {
		name    string
		remarks [][]remark
		want    [][]string
	}{
		{"none", [][]remark{nil, {}}, [][]string{{}, {}}},
		{"as many as are told", [][]remark{{row(1)}, nil, {row(3)}, {row(4)}}, [][]string{{"row 1"}, {}, {"row 3"}, {"row 4"}}},
		{"one more", [][]remark{{row(1)}, {row(2)}, {row(3)}, nil, {row(5)}}, [][]string{{"row 1"}, {"row 2"}, {"row 3" + rest(1, 5)}, {}, {}}},
		{"two kinds, each counted by itself", [][]remark{{slash, row(1)}, {slash}, {slash, row(3)}, {slash, row(4)}, {slash}},
			[][]string{{"slash", "row 1"}, {"slash"}, {"slash" + rest(2, 4), "row 3"}, {"row 4"}, {}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var regions []Region
			for i := range tt.remarks {
				regions = append(regions, Region{ID: id(i + 1), Name: fmt.Sprintf("R%d", i+1)})
			}
			annotate(regions, tt.remarks)
			var got [][]string
			for _, r := range regions {
				got = append(got, r.Mended)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Two hundred rows that overlap must not make a message that a state machine cannot pass on.
func TestErrorsAreBounded(t *testing.T) {
	t.Parallel()
	inserted, in := wide(200, "")
	var rows []row
	var stored []string
	for _, r := range inserted {
		rows, stored = append(rows, row{id: r.ID, name: r.Name, uri: r.URI}), append(stored, r.URI)
	}
	requests, err := canonical(in.Regions)
	if err != nil {
		t.Fatal(err)
	}
	found, err := match(rows, requests, false)
	if err != nil {
		t.Fatal(err)
	}
	around, err := canonical([]WantedRegion{{URI: "s3://global-districtbuilder-production-us-east-1/regions/", Source: "s3://new/data/"}})
	if err != nil {
		t.Fatal(err)
	}
	_, overlapping := match(rows, around, false)
	_, missing := match(nil, requests, false)
	for name, err := range map[string]error{
		"rows of this environment": overlapping, "rows of another": unshared(found, stored), "no rows": missing, "other versions": confirm(found, nil),
	} {
		if err == nil || !strings.Contains(err.Error(), "and 190 more") || len(err.Error()) > 4<<10 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
