package regiondata

import (
	"bytes"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/publicmapping/districtbuilder-ops/internal/regiongen"
)

// topoOf makes a topo.json of about size bytes, and the counts of its levels.
func topoOf(tb testing.TB, o regiongen.Options) (regiongen.File, []Level) {
	tb.Helper()
	files, err := regiongen.Generate(o)
	if err != nil {
		tb.Fatal(err)
	}
	for name, file := range files {
		if name == topologyFile {
			return file, []Level{{ID: "block"}, {ID: "blockgroup"}, {ID: "county"}}
		}
	}
	tb.Fatal("no topo.json")
	return regiongen.File{}, nil
}

// large is as large as a region comes: 40,000 blocks and over 200 MB.
var large = regiongen.Options{Counties: 20, BlockGroups: 100, Blocks: 20, TopoBytes: 220 << 20}

// The whole reading of topo.json, not only of its arcs, must take no more memory than the ids need.
func TestTopologyIsReadInBoundedMemory(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	file, levels := topoOf(t, large)
	body := file.Open()
	defer body.Close()
	peak := &peakReader{r: body}
	peak.measure()
	before := peak.most
	topo, err := readTopology(peak, levels, []int{60_000, 3_000, 20})
	if err != nil {
		t.Fatal(err)
	}
	if peak.read < 200<<20 || topo.layers[0].count < 30_000 {
		t.Fatalf("read %d bytes and %d blocks, want over 200 MB", peak.read, topo.layers[0].count)
	}
	if grown := peak.most - before; grown > 16<<20 {
		t.Errorf("the heap grew by %d bytes while reading %d, want at most 16 MiB", grown, peak.read)
	}
}

// peakReader measures the heap every 8 MB.
type peakReader struct {
	r          io.Reader
	read, next int64
	most       uint64
}

func (p *peakReader) measure() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	p.most = max(p.most, m.HeapAlloc)
}

func (p *peakReader) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if p.read += int64(n); p.read >= p.next {
		p.measure()
		p.next += 8 << 20
	}
	return n, err
}

func TestTopologyIsTheSameByteByByte(t *testing.T) {
	t.Parallel()
	file, levels := topoOf(t, regiongen.Options{})
	body, err := file.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := readTopology(bytes.NewReader(body), levels, []int{100, 100, 100})
	if err != nil {
		t.Fatal(err)
	}
	split, err := readTopology(iotest.OneByteReader(bytes.NewReader(body)), levels, []int{100, 100, 100})
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole.layers {
		if a, b := whole.layers[i], split.layers[i]; a.count != b.count || a.noID != b.noID || strings.Join(a.names, " ") != strings.Join(b.names, " ") {
			t.Errorf("%+v in whole, %+v byte by byte", a, b)
		}
	}
	if got := strings.Join(whole.layers[2].names, " "); got != "10001 10003 10005" {
		t.Errorf("counties are %s", got)
	}
}

// The readers of small files must neither panic nor take nonsense for valid data.
func FuzzReadMetadata(f *testing.F) {
	f.Add(`{"demographics":[{"id":"a","fileName":"a.buf","bytesPerElement":1}],"geoLevels":[{"id":"county","fileName":"county.buf","bytesPerElement":1}],` +
		`"bbox":[0,0,1,1],"geoLevelHierarchy":[{"id":"block","minZoom":0,"maxZoom":1},{"id":"county","minZoom":0,"maxZoom":1}]}`)
	f.Add(`{"demographics":[null],"geoLevels":{},"bbox":[1e999],"geoLevelHierarchy":[[]],"demographicsGroups":[{"total":1}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		var found findings
		m, whole, err := readMetadata(strings.NewReader(body), &found)
		if err != nil {
			t.Fatal(err)
		}
		if len(found.refused) > 0 {
			return
		}
		if !whole || len(m.Levels) < 2 || len(m.GeoLevels) != len(m.Levels)-1 || len(m.BBox) != 4 {
			t.Fatalf("%q is taken for valid: %+v", body, m)
		}
	})
}

func FuzzReadHierarchy(f *testing.F) {
	f.Add("[[[0,1],[2]],[[3]]]")
	f.Add("[[],[[]],[[4294967296]]]")
	f.Fuzz(func(t *testing.T, body string) {
		levels := []Level{{ID: "block"}, {ID: "blockgroup"}, {ID: "county"}}
		tree := []children{childrenOf(3, []uint32{0, 0, 1, 2}), childrenOf(2, []uint32{0, 0, 1})}
		agreed := newAgreement(levels, 4, tree)
		h, err := readHierarchy(strings.NewReader(body), 3, agreed.visit)
		if err != nil {
			return
		}
		var found findings
		agreed.report(h, &found)
		blank := strings.NewReplacer(" ", "", "\n", "", "\t", "", "\r", "").Replace(body)
		if right := blank == "[[[0,1],[2]],[[3]]]"; right != (len(found.refused) == 0 && h.nodes[0] == 2) {
			t.Fatalf("%q: findings %v, nodes %v", body, found.refused, h.nodes)
		}
	})
}
