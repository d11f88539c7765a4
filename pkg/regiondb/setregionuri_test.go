package regiondb

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

func TestSetRegionURI(t *testing.T) {
	t.Parallel()
	db, conn := newDB(t)
	texas(t, conn)
	verb := SetRegionURI{db, "Staging"}
	set := func(n int, uri, expect string) (SetRegionURIOutput, error) {
		var in SetRegionURIInput
		text, _ := json.Marshal(map[string]string{"id": id(n), "uri": uri, "expect": expect})
		if err := lambdarun.Decode(text, &in); err != nil {
			return SetRegionURIOutput{}, err
		}
		return verb.Run(t.Context(), in)
	}
	for _, tt := range []struct {
		name   string
		n      int
		uri    string
		expect string
		want   SetRegionURIOutput
		err    fault.Name
	}{
		{"mends the slash", 2, "s3://bucket/TX/2", "s3://bucket/TX/2", SetRegionURIOutput{id(2), "s3://bucket/TX/2", "s3://bucket/TX/2/", true}, ""},
		{"again", 2, "s3://bucket/TX/2", "s3://bucket/TX/2", SetRegionURIOutput{id(2), "s3://bucket/TX/2/", "s3://bucket/TX/2/", false}, ""},
		{"to other data", 1, "s3://bucket/TX/9/", "", SetRegionURIOutput{id(1), "s3://bucket/TX/1/", "s3://bucket/TX/9/", true}, ""},
		{"not what was expected", 1, "s3://bucket/TX/7/", "s3://bucket/TX/1/", SetRegionURIOutput{}, fault.VersionConflict},
		{"the URI of another row", 1, "s3://bucket/TX/2", "", SetRegionURIOutput{}, fault.InvalidInput},
		{"the URI of an archived row", 1, "s3://bucket/TX/0", "", SetRegionURIOutput{}, fault.InvalidInput},
		{"an unknown row", 8, "s3://bucket/TX/8/", "", SetRegionURIOutput{}, fault.RegionNotFound},
		{"no URI", 1, "bucket/TX", "", SetRegionURIOutput{}, fault.InvalidInput},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := set(tt.n, tt.uri, tt.expect)
			if nameOf(err) != tt.err || (err == nil) != (tt.err == "") {
				t.Fatalf("error %v, want %q", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := table(t, conn)[id(1)]; !strings.HasPrefix(got, "s3://bucket/TX/9/ ") {
		t.Errorf("row 1 is %s", got)
	}
}

func TestProductionIsRefusedWhateverTheInputSays(t *testing.T) {
	t.Parallel()
	for _, environment := range []string{"Production", "production", "staging", "Staging ", "QA"} {
		for _, input := range []string{`{"id":"` + id(1) + `","uri":"s3://bucket/TX/9/"}`, `{"environment":"Staging"}`, `{}`, `[]`, `"x"`} {
			// Neither a database nor credentials are given: none is needed to refuse.
			env := lambdarun.Env{Log: slog.New(slog.DiscardHandler), Getenv: func(name string) string {
				return map[string]string{"ENVIRONMENT": environment}[name]
			}}
			handler, err := SetRegionURIAction(t.Context(), env)
			if err != nil {
				t.Fatal(err)
			}
			_, err = handler(t.Context(), []byte(input))
			if name := errorType(err); name != string(fault.ProductionRefused) {
				t.Errorf("in %q, input %s: %s, %v", environment, input, name, err)
			}
		}
	}
	if _, err := (SetRegionURI{nil, "Production"}).Run(t.Context(), SetRegionURIInput{}); nameOf(err) != fault.ProductionRefused {
		t.Errorf("the verb itself: %v", err)
	}
}
