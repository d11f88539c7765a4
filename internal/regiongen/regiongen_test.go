package regiongen_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/internal/regiongen"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/apploader"
)

type folder map[string]regiongen.File

func (f folder) Open(_ context.Context, name string) (io.ReadCloser, error) {
	file, ok := f[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return file.Open(), nil
}

func (f folder) bytes(t *testing.T, name string) []byte {
	t.Helper()
	content, err := f[name].Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func generate(t *testing.T, o regiongen.Options) folder {
	t.Helper()
	files, err := regiongen.Generate(o)
	if err != nil {
		t.Fatal(err)
	}
	f := make(folder)
	for name, file := range files {
		f[name] = file
	}
	return f
}

func TestATaskLoadsTheData(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]regiongen.Options{
		"defaults":        {},
		"smallest":        {Counties: 1, BlockGroups: 1, Blocks: 1, Tiles: 1},
		"with voting":     {Voting: []string{"votedem", "voterep"}},
		"300 groups":      {Counties: 10, BlockGroups: 30, Blocks: 4},
		"restructured":    {Restructure: []int{1}},
		"half a megabyte": {TopoBytes: 1 << 19},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := apploader.Load(t.Context(), "s3://data/r/", generate(t, o)); err != nil {
				t.Errorf("a task cannot load it: %v", err)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	want := map[regiongen.Fault]string{
		regiongen.MissingFile:       "NoSuchKey",
		regiongen.ShortBuffer:       "RangeError: byte length of Uint16Array",
		regiongen.TruncatedTopo:     "SyntaxError: Unexpected end of JSON input",
		regiongen.EmptyMetadata:     apploader.ErrSilentHang.Error(),
		regiongen.BadIndex:          "", // a task does not notice these two; maps come out wrong
		regiongen.HierarchyMismatch: "",
		regiongen.MissingArc:        "TypeError: Cannot read properties of undefined (reading '0')",
		regiongen.BadTopology:       "TypeError: Cannot read properties of undefined (reading 'slice')",
	}
	valid := generate(t, regiongen.Options{})
	for _, fault := range regiongen.Faults {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			spoilt := generate(t, regiongen.Options{Fault: fault})
			err := apploader.Load(t.Context(), "s3://data/r/", spoilt)
			if got := ""; err != nil && !strings.HasPrefix(err.Error(), want[fault]) || err == nil && got != want[fault] {
				t.Errorf("Load = %v, want %q", err, want[fault])
			}
			if n := differing(t, valid, spoilt); n != 1 {
				t.Errorf("%d files differ from valid data, want 1", n)
			}
		})
	}
}

func differing(t *testing.T, a, b folder) int {
	n := 0
	for name := range a {
		if _, ok := b[name]; !ok || !bytes.Equal(a.bytes(t, name), b.bytes(t, name)) {
			n++
		}
	}
	return n
}

func TestTheSameOptionsGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	o := regiongen.Options{Seed: 7, Tiles: 30, TopoBytes: 1 << 17}
	if n := differing(t, generate(t, o), generate(t, o)); n != 0 {
		t.Errorf("%d files differ", n)
	}
}

func TestARevisionKeepsTheStructure(t *testing.T) {
	t.Parallel()
	before, after := generate(t, regiongen.Options{}), generate(t, regiongen.Options{Revision: 1})
	for name, same := range map[string]bool{"geounit-hierarchy.json": true, "blockgroup.buf": true, "population.buf": false, "tiles/0/0/0.pbf": false} {
		if got := bytes.Equal(before.bytes(t, name), after.bytes(t, name)); got != same {
			t.Errorf("%s: same = %v, want %v", name, got, same)
		}
	}
}

func TestRestructureChangesOnlyThatCounty(t *testing.T) {
	t.Parallel()
	before, after := groupsByCounty(t, regiongen.Options{}), groupsByCounty(t, regiongen.Options{Restructure: []int{1}})
	for county := range before {
		if further := after[county] - before[county]; further != 0 && county != 1 || further != 1 && county == 1 {
			t.Errorf("county %d has %d more block groups", county, further)
		}
	}
}

func groupsByCounty(t *testing.T, o regiongen.Options) []int {
	var hierarchy [][][]int
	if err := json.Unmarshal(generate(t, o).bytes(t, "geounit-hierarchy.json"), &hierarchy); err != nil {
		t.Fatal(err)
	}
	var counts []int
	for _, county := range hierarchy {
		counts = append(counts, len(county))
	}
	return counts
}

func TestTopoBytes(t *testing.T) {
	t.Parallel()
	for _, want := range []int64{200_000, 2_000_000} {
		n, err := generate(t, regiongen.Options{TopoBytes: want})["topo.json"].WriteTo(io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if n < want*8/10 || n > want*12/10 {
			t.Errorf("topo.json has %d bytes, asked for about %d", n, want)
		}
	}
}

// Every outline must be closed: each arc ends where the next one begins.
func TestOutlinesAreClosed(t *testing.T) {
	t.Parallel()
	var topo struct {
		Objects map[string]struct{ Geometries []struct{ Arcs [][]int } }
		Arcs    [][][2]int
	}
	if err := json.Unmarshal(generate(t, regiongen.Options{Counties: 4, TopoBytes: 1 << 17}).bytes(t, "topo.json"), &topo); err != nil {
		t.Fatal(err)
	}
	ends := func(i int) (from, to [2]int) {
		arc := topo.Arcs[max(i, ^i)]
		from = arc[0]
		for _, d := range arc {
			to[0], to[1] = to[0]+d[0], to[1]+d[1]
		}
		if i < 0 {
			return to, from
		}
		return from, to
	}
	for level, object := range topo.Objects {
		for g, geometry := range object.Geometries {
			ring := geometry.Arcs[0]
			_, at := ends(ring[len(ring)-1])
			for _, i := range ring {
				from, to := ends(i)
				if from != at {
					t.Fatalf("%s %d: arc %d begins at %v, the one before ends at %v", level, g, i, from, at)
				}
				at = to
			}
		}
	}
}

func TestOpenMayBeClosedEarly(t *testing.T) {
	t.Parallel()
	body := generate(t, regiongen.Options{TopoBytes: 1 << 20})["topo.json"].Open()
	if _, err := io.ReadFull(body, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if err := body.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]regiongen.Options{
		"unknown fault":   {Fault: "nonsense"},
		"negative blocks": {Blocks: -1},
		"no such county":  {Restructure: []int{3}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := regiongen.Generate(o); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func BenchmarkTopo(b *testing.B) {
	files, err := regiongen.Generate(regiongen.Options{TopoBytes: 50 << 20, BlockGroups: 50, Blocks: 40})
	if err != nil {
		b.Fatal(err)
	}
	for name, file := range files {
		if name != "topo.json" {
			continue
		}
		for b.Loop() {
			n, err := file.WriteTo(io.Discard)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(n)
		}
	}
}
