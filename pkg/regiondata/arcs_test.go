package regiondata

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/internal/regiongen"
)

// layerOf reads a topology of one level, "block", in whole and byte by byte.
func layerOf(t *testing.T, body string) (*layer, *topology) {
	t.Helper()
	levels, keep := []Level{{ID: "block"}}, []int{10}
	whole, err := readTopology(strings.NewReader(body), levels, keep)
	if err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	split, err := readTopology(iotest.OneByteReader(strings.NewReader(body)), levels, keep)
	if err != nil {
		t.Fatalf("byte by byte: %v: %s", err, body)
	}
	a, b := whole.layers[0], split.layers[0]
	if a.span != b.span || a.spanAt != b.spanAt || a.otherNesting != b.otherNesting || a.noArc != b.noArc {
		t.Fatalf("%+v in whole, %+v byte by byte: %s", a, b, body)
	}
	return a, whole
}

// topologyOf is a topo.json of blocks with these geometries: fields without id and properties. arcs is the list of arcs.
func topologyOf(arcs string, arcsFirst bool, geometries ...string) string {
	for i, g := range geometries {
		geometries[i] = fmt.Sprintf(`{%s,"id":%d,"properties":{"block":"b%d"}}`, g, i, i)
	}
	objects := `"objects":{"block":{"type":"GeometryCollection","geometries":[` + strings.Join(geometries, ",") + `]},` +
		`"roads":{"type":"GeometryCollection","geometries":[{"type":"LineString","arcs":[5000]},{"type":"Polygon","arcs":[[5000]]}]}}`
	if arcsFirst {
		return `{"type":"Topology","arcs":` + arcs + `,` + objects + `}`
	}
	return `{"type":"Topology",` + objects + `,"arcs":` + arcs + `}`
}

func TestArcs(t *testing.T) {
	t.Parallel()
	const (
		threeArcs = `[[[0,0],[1,1]],[[5,5],[1,0]],[[7,7],[0,1]]]`
		polygon   = `"Polygon"`
		several   = `"MultiPolygon"`
		nested    = "1 geometries with others, the first at index 1"
		noArc     = "1 geometries with something else, the first at index 1"
	)
	names := func(arc int) string { return fmt.Sprintf("arc %d, which the geometry at index 1 names", arc) }
	tests := []struct {
		name, kind, arcs string
		want             []string // what the findings say that was found
	}{
		{"exactly the last", polygon, `[[0,2]]`, nil},
		{"exactly the last, backwards", polygon, `[[-1,-3]]`, nil},
		{"one beyond the last", polygon, `[[0,3]]`, []string{names(3)}},
		{"one beyond the last, backwards", polygon, `[[0,-4]]`, []string{names(3)}},
		{"in a hole", polygon, `[[0],[1,7]]`, []string{names(7)}},
		{"of several polygons, the last", several, `[[[0]],[[1],[2]]]`, nil},
		{"of several polygons, one beyond the last", several, `[[[0]],[[1],[-4]]]`, []string{names(3)}},
		{"the worst of several", polygon, `[[4,-9,6]]`, []string{names(8)}},
		{"far beyond the last", polygon, `[[99999999999999999999]]`, []string{names(1 << 53)}},
		{"with an exponent, and there", polygon, `[[2e0,20E-1]]`, nil},
		{"with an exponent, and not there", polygon, `[[1e2]]`, []string{names(100)}},
		{"fraction", polygon, `[[0.5]]`, []string{noArc}},
		{"integer with a point", polygon, `[[2.0]]`, nil},
		{"text", polygon, `[["1"]]`, []string{noArc}},
		{"null for an index", polygon, `[[null]]`, []string{noArc}},
		{"null for a ring", polygon, `[null]`, []string{noArc}},
		{"everything at once", polygon, `[3,["1"],[[9]]]`, []string{nested, noArc, names(9)}},
		{"polygon nested as a line", polygon, `[0,1]`, []string{nested}},
		{"polygon nested as several", polygon, `[[[0,1]]]`, []string{nested}},
		{"polygon with a ring too deep", polygon, `[[0],[[1]]]`, []string{nested}},
		{"several nested as one", several, `[[0,1]]`, []string{nested}},
		{"several nested as one and as several", several, `[[[0]],[1]]`, []string{nested}},
		{"several nested too deep", several, `[[[[0]]]]`, []string{nested}},
		{"null", polygon, `null`, []string{nested}},
		{"none", several, ``, []string{nested}},
		{"an object", polygon, `{"0":[[0]]}`, []string{nested}},
		{"a number", polygon, `0`, []string{nested}},
		{"empty polygon", polygon, `[]`, nil},
		{"empty ring", polygon, `[[]]`, nil},
		{"empty ring too deep", polygon, `[[[]]]`, []string{nested}},
		{"no polygons", several, `[]`, nil},
		{"empty polygons", several, `[[],[[]]]`, nil},
		{"no type, no arcs", `null`, `null`, nil},
		{"no type, but arcs: they are left out", `null`, `[[7]]`, nil},
		{"a line: it is left out", `"LineString"`, `[7]`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fields := []string{`"type":` + tt.kind}
			if tt.arcs != "" {
				fields = append(fields, `"arcs":`+tt.arcs)
			}
			for variant := range 4 {
				g := strings.Join(fields, ",")
				if variant%2 == 1 && len(fields) == 2 {
					g = fields[1] + "," + fields[0]
				}
				_, topo := layerOf(t, topologyOf(threeArcs, variant < 2, `"type":"Polygon","arcs":[[0,1]]`, g, `"type":"Polygon","arcs":[[2]]`))
				var f findings
				topo.check(&f)
				var got []string
				for _, finding := range f.refused {
					got = append(got, finding.Found)
					if finding.Kind != TopologyMismatch || finding.File != topologyFile || !strings.Contains(finding.Expected, "objects.block") {
						t.Errorf("finding %s", finding)
					}
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("variant %d (-want +got):\n%s", variant, diff)
				}
			}
		})
	}
}

func TestTheFirstOfTheWorstGeometriesIsNamed(t *testing.T) {
	t.Parallel()
	_, topo := layerOf(t, topologyOf(`[[[0,0],[1,1]]]`, false, `"type":"Polygon","arcs":[[0]]`, `"type":"Polygon","arcs":[[5]]`,
		`"type":"Polygon","arcs":[[-8]]`, `"type":"Polygon","arcs":[[7]]`, `"type":"Polygon","arcs":[[6]]`))
	var f findings
	topo.check(&f)
	want := "objects.block: indices of the 1 arcs (a negative index i names arc -i-1); found arc 7, which the geometry at index 2 names"
	if len(f.refused) != 1 || !strings.Contains(f.refused[0].String(), want) {
		t.Errorf("findings %v, want one with %q", f.refused, want)
	}
}

// Of a field that stands twice the last counts, as for JSON.parse.
func TestArcsThatStandTwice(t *testing.T) {
	t.Parallel()
	for g, want := range map[string]int64{
		`"type":"Polygon","arcs":[[9]],"arcs":[[0]]`:     1,
		`"type":"Polygon","arcs":[[0]],"arcs":[[9]]`:     10,
		`"type":null,"arcs":[[9]],"type":"Polygon"`:      10,
		`"type":"Polygon","arcs":[[9]],"type":"Point"`:   0,
		`"type":"Polygon","\u0061rcs":[[9]]`:             10,
		`"type":"Polygon","arcs":[[0]],"a":{"arcs":[9]}`: 1,
	} {
		if l, _ := layerOf(t, topologyOf(`[[[0,0],[1,1]]]`, true, g)); l.span != want {
			t.Errorf("%s: needs %d arcs, want %d", g, l.span, want)
		}
	}
}

// TestArcsAsEncodingJSONReadsThem compares with the whole document, decoded, on random small topologies.
func TestArcsAsEncodingJSONReadsThem(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	refused, passed := 0, 0
	for range 3000 {
		arcs := "[" + strings.Repeat("[[0,0],[1,1]],", random.IntN(12)) + "[[0,0],[2,2]]]"
		geometries := make([]string, 1+random.IntN(4))
		for i := range geometries {
			geometries[i] = randomGeometry(random)
		}
		body := topologyOf(arcs, random.IntN(2) == 0, geometries...)
		l, topo := layerOf(t, body)
		var f findings
		topo.check(&f)
		want := decoded(t, body)
		got := reading{span: l.span, spanAt: l.spanAt, wrong: l.otherNesting.n > 0 || l.noArc.n > 0, refused: len(f.refused) > 0}
		if got != want {
			t.Fatalf("%+v, want %+v: %s", got, want, body)
		}
		if want.refused {
			refused++
		} else {
			passed++
		}
	}
	if refused < 500 || passed < 500 {
		t.Errorf("%d refused, %d passed: the topologies are not random enough", refused, passed)
	}
}

// reading is what is known of a level's arcs.
type reading struct {
	span    int64 // how many arcs there must be
	spanAt  int   // the first geometry that needs so many
	wrong   bool  // not every polygon has lists of integers, nested as they must be
	refused bool
}

func randomGeometry(random *rand.Rand) string {
	kinds := []string{`"Polygon"`, `"MultiPolygon"`}
	kind := random.IntN(2)
	depth := kind + 2
	odd := random.IntN(8) == 0 // everything that it should not be
	if odd {
		depth = 1 + random.IntN(4)
	}
	var list func(depth int) string
	list = func(depth int) string {
		elements := make([]string, random.IntN(5))
		for i := range elements {
			switch {
			case odd && random.IntN(6) == 0:
				elements[i] = []string{"null", `"1"`, "0.5", "1e1", "[]", "{}", "20"}[random.IntN(7)]
			case depth > 1:
				elements[i] = list(depth - 1)
			default:
				elements[i] = strconv.Itoa(random.IntN(17) - 8)
			}
		}
		return "[" + strings.Join(elements, ",") + "]"
	}
	fields := []string{`"type":` + kinds[kind], `"arcs":` + list(depth)}
	if odd && random.IntN(4) == 0 {
		fields[0] = `"type":null`
	}
	random.Shuffle(2, func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	return strings.Join(fields, ",")
}

// decoded is the same reading by encoding/json and a walk over the values.
func decoded(t *testing.T, body string) (r reading) {
	t.Helper()
	var topo struct {
		Arcs    []any
		Objects map[string]struct {
			Geometries []struct {
				Type string
				Arcs any
			}
		}
	}
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&topo); err != nil {
		t.Fatal(err)
	}
	for i, g := range topo.Objects["block"].Geometries {
		depth, polygon := map[string]int{"Polygon": 2, "MultiPolygon": 3}[g.Type]
		if !polygon {
			continue
		}
		if !nestedRight(g.Arcs, depth) {
			r.wrong = true
		}
		if span := spanOf(g.Arcs, 3); span > r.span {
			r.span, r.spanAt = span, i
		}
	}
	r.refused = r.wrong || r.span > int64(len(topo.Arcs))
	return r
}

func nestedRight(value any, depth int) bool {
	if depth == 0 {
		n, ok := value.(json.Number)
		return ok && integer(n) != nil
	}
	list, ok := value.([]any)
	for _, e := range list {
		ok = ok && nestedRight(e, depth-1)
	}
	return ok
}

// spanOf is how many arcs there must be for the integers in lists that are nested at most so deep.
func spanOf(value any, depth int) (span int64) {
	switch value := value.(type) {
	case []any:
		for _, e := range value {
			if depth > 0 {
				span = max(span, spanOf(e, depth-1))
			}
		}
	case json.Number:
		if n := integer(value); n != nil {
			return max(n.Int64()+1, -n.Int64())
		}
	}
	return span
}

func integer(n json.Number) *big.Int {
	r, ok := new(big.Rat).SetString(string(n))
	if !ok || !r.IsInt() {
		return nil
	}
	return r.Num()
}

// What regiongen makes has arcs in order, and needs all of them.
func TestGeneratedArcs(t *testing.T) {
	t.Parallel()
	file, levels := topoOf(t, regiongen.Options{Counties: 4, BlockGroups: 5, Blocks: 6})
	body := file.Open()
	defer body.Close()
	topo, err := readTopology(body, levels, []int{1000, 100, 10})
	if err != nil {
		t.Fatal(err)
	}
	var f findings
	topo.check(&f)
	if len(f.refused) > 0 || topo.layers[0].span != int64(topo.arcs) {
		t.Errorf("%d arcs, the blocks need %d; findings %v", topo.arcs, topo.layers[0].span, f.refused)
	}
}

// TestObjectsOfNoLevel are read by a task all the same.
func TestObjectsOfNoLevel(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		`{"type":"GeometryCollection","geometries":[]}`:   nil,
		`{"geometries":[{}],"type":"GeometryCollection"}`: nil,
		`{"type":"Polygon","arcs":[[0]]}`:                 nil,
		`{}`:                                              nil,
		`null`:                                            {"roads"},
		`"x"`:                                             {"roads"},
		`{"type":"GeometryCollection"}`:                   {"roads"},
		`{"type":"GeometryCollection","geometries":null}`:           {"roads"},
		`{"geometries":{"0":{}},"type":"GeometryCollection","a":1}`: {"roads"},
	} {
		_, topo := layerOf(t, `{"type":"Topology","arcs":[[[0,0],[1,1]]],"objects":{"roads":`+body+`,"block":{"type":"GeometryCollection","geometries":[]}}}`)
		if diff := cmp.Diff(want, topo.noObject); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
		var f findings
		topo.check(&f)
		if got := strings.Contains(fmt.Sprint(f), "objects.roads"); got != (want != nil) {
			t.Errorf("%s: refused is %t", body, got)
		}
	}
}
