package sandbox

import (
	"context"
	"fmt"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

// TestSixtyRegionsStayWithinTheLimits updates more regions at once than the country has states: no payload, history or
// answer may come near what Step Functions allows.
func TestSixtyRegionsStayWithinTheLimits(t *testing.T) {
	t.Parallel()
	const many = 60
	tr := newTrial(t)
	var seeds []Seed
	for n := len(tr.regions); n < many; n++ {
		data := small(uint64(n))
		data.Counties, data.BlockGroups, data.Blocks, data.Tiles = 1, 1, 1, 1
		seeds = append(seeds, Seed{Name: fmt.Sprintf("A region with a rather long name %d", n), Code: fmt.Sprintf("R%02d", n), Maps: 1, Data: data})
	}
	more, err := tr.account.Load(context.Background(), tr.env, seeds...)
	if err != nil {
		t.Fatal(err)
	}
	tr.regions = append(tr.regions, more...)
	for _, r := range tr.regions {
		u := Update{URI: r.URI, Source: tr.env.NewURI("new", r.Code, Uploaded.AddDate(5, 0, 0))}
		r.Data.Revision++
		if _, err := tr.account.Upload(context.Background(), u.Source, r.Data); err != nil {
			t.Fatal(err)
		}
		tr.updates = append(tr.updates, u)
	}
	input := tr.input(nil)
	tr.updates = tr.updates[:1] // the audit looks after every state: one region is enough here
	tr.env.Fleet.Advance(tr.account.Now())
	r := tr.run("update-regions", input)
	tr.ended(r, asl.Succeeded, "")
	if tr.bytes > 32<<10 {
		t.Errorf("a payload has %d bytes, over 32 KiB", tr.bytes)
	}
	if tr.events > 5000 {
		t.Errorf("%d events; 25,000 is the limit", tr.events)
	}
	t.Logf("largest payload %d bytes, %d events", tr.bytes, tr.events)
}
