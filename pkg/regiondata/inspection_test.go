package regiondata

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/internal/regiongen"
	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

func gzipTo(w io.Writer, body string) error {
	z := gzip.NewWriter(w)
	if _, err := io.WriteString(z, body); err != nil {
		return err
	}
	return z.Close()
}

// found runs the inspection and returns findings and warnings as "file kind".
func (w *world) found(t *testing.T) (refused, warnings []string) {
	t.Helper()
	_, err := w.run(t)
	name, _ := fault.NameOf(err)
	if err != nil && name != fault.RegionDataInvalid && name != fault.MapsWouldBreak {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal([]byte(w.objects["runs/run-1/regions/5f1c/findings.json"].body), &r); err != nil {
		t.Fatal(err)
	}
	if (name == fault.RegionDataInvalid) != (len(r.Findings) > 0) {
		t.Errorf("error %v with %d findings", err, len(r.Findings))
	}
	for _, f := range r.Findings {
		refused = append(refused, f.File+" "+string(f.Kind))
		if f.Expected == "" || f.Found == "" || f.Fix == "" || strings.Contains(f.String(), "%!") {
			t.Errorf("finding says too little: %s", f)
		}
	}
	for _, f := range r.Warnings {
		warnings = append(warnings, f.File+" "+string(f.Kind))
		if f.Expected == "" || f.Found == "" || f.Fix == "" || strings.Contains(f.String(), "%!") {
			t.Errorf("warning says too little: %s", f)
		}
	}
	slices.Sort(refused)
	return refused, warnings
}

func TestFindings(t *testing.T) {
	t.Parallel()
	const metadata, topo, hierarchy = "static-metadata.json", "topo.json", "geounit-hierarchy.json"
	tests := []struct {
		name   string
		change func(t *testing.T, w *world)
		want   []string
	}{
		{"valid data", func(*testing.T, *world) {}, nil},
		{"no files", func(_ *testing.T, w *world) { w.region.Source = "s3://data/nothing/" }, []string{"s3://data/nothing/ no-files"}},

		{"missing metadata", func(_ *testing.T, w *world) { w.remove(metadata) }, []string{metadata + " missing-file"}},
		{"empty metadata", func(_ *testing.T, w *world) { w.put(metadata, "") }, []string{metadata + " empty-file"}},
		{"truncated metadata", func(_ *testing.T, w *world) { w.edit(metadata, func(b string) string { return b[:len(b)-9] }) }, []string{metadata + " truncated"}},
		{"garbage after the metadata", func(_ *testing.T, w *world) { w.edit(metadata, func(b string) string { return b + "}" }) }, []string{metadata + " not-json"}},
		{"metadata that is far too long", func(_ *testing.T, w *world) {
			w.edit(metadata, func(b string) string { return b + strings.Repeat(" ", maxTree) })
		},
			[]string{metadata + " wrong-size"}},
		{"metadata is a list", func(_ *testing.T, w *world) { w.put(metadata, "[]") }, []string{metadata + " not-json"}},
		{"no demographics", func(_ *testing.T, w *world) { w.replace(metadata, `"demographics":`, `"Demographics":`) },
			[]string{metadata + " bad-metadata"}},
		{"no bbox", func(_ *testing.T, w *world) { w.replace(metadata, `"bbox"`, `"box"`) }, []string{metadata + " bad-metadata"}},
		{"bbox with west and east swapped", func(_ *testing.T, w *world) { w.replace(metadata, `"bbox":[-75.8`, `"bbox":[-5.8`) }, []string{metadata + " bad-metadata"}},
		{"field twice", func(_ *testing.T, w *world) {
			w.replace(metadata, `{"demographics"`, `{"bbox":[0,0,1,1],"demographics"`)
		}, []string{metadata + " bad-metadata"}},
		{"element of three bytes", func(_ *testing.T, w *world) {
			w.replace(metadata, `"population.buf","bytesPerElement":2`, `"population.buf","bytesPerElement":3`)
		}, []string{metadata + " bad-metadata"}},
		{"buffer without a file name", func(_ *testing.T, w *world) { w.replace(metadata, `"fileName":"population.buf",`, ``) }, []string{metadata + " bad-metadata"}},
		{"file name that leads elsewhere", func(_ *testing.T, w *world) { w.replace(metadata, `"white.buf"`, `"../white.buf"`) },
			[]string{"../white.buf missing-file", metadata + " bad-metadata"}},
		{"id twice", func(_ *testing.T, w *world) { w.replace(metadata, `"id":"white"`, `"id":"population"`) }, []string{metadata + " bad-metadata"}},
		{"unsigned is no boolean", func(_ *testing.T, w *world) { w.replace(metadata, `"id":"white"`, `"unsigned":"yes","id":"white"`) }, []string{metadata + " bad-metadata"}},
		{"no hierarchy of levels", func(_ *testing.T, w *world) { w.replace(metadata, `"geoLevelHierarchy"`, `"levels"`) }, []string{metadata + " bad-metadata"}},
		{"one level", func(_ *testing.T, w *world) {
			w.edit(metadata, func(b string) string {
				from, to := strings.Index(b, `,{"id":"blockgroup","min`), strings.Index(b, `],"demographicsGroups"`)
				return b[:from] + b[to:]
			})
		}, []string{metadata + " bad-metadata"}},
		{"levels in another order", func(_ *testing.T, w *world) {
			w.edit(metadata, func(b string) string {
				return strings.NewReplacer(`"id":"county","fileName"`, `"id":"blockgroup","fileName"`, `"id":"blockgroup","fileName"`, `"id":"county","fileName"`).Replace(b)
			})
		}, []string{metadata + " bad-metadata"}},
		{"zooms the wrong way round", func(_ *testing.T, w *world) { w.replace(metadata, `"minZoom":8`, `"minZoom":18`) }, []string{metadata + " bad-metadata"}},

		{"missing buffer", func(_ *testing.T, w *world) { w.remove("white.buf") }, []string{"white.buf missing-file"}},
		{"empty buffer", func(_ *testing.T, w *world) { w.put("white.buf", "") }, []string{"white.buf empty-file"}},
		{"short buffer", func(_ *testing.T, w *world) { w.edit("population.buf", func(b string) string { return b[1:] }) }, []string{"population.buf wrong-size"}},
		{"long buffer", func(_ *testing.T, w *world) { w.edit("white.buf", func(b string) string { return b + "\x00\x00" }) }, []string{"white.buf wrong-size"}},
		{"short buffer of parents", func(_ *testing.T, w *world) { w.edit("blockgroup.buf", func(b string) string { return b[:len(b)-1] }) }, []string{"blockgroup.buf wrong-size"}},
		{"missing buffer of parents", func(_ *testing.T, w *world) { w.remove("county.buf") }, []string{"county.buf missing-file"}},
		{"parent that is not there", func(_ *testing.T, w *world) { w.edit("county.buf", func(b string) string { return "\x7f" + b[1:] }) }, []string{"county.buf bad-index"}},
		{"negative parent", func(_ *testing.T, w *world) {
			w.replace(metadata, `"fileName":"county.buf"`, `"unsigned":false,"fileName":"county.buf"`)
			w.edit("county.buf", func(b string) string { return "\xff" + b[1:] })
		}, []string{"county.buf bad-index"}},
		{"another parent", func(_ *testing.T, w *world) { w.edit("county.buf", func(b string) string { return "\x01" + b[1:] }) },
			[]string{hierarchy + " hierarchy-mismatch", hierarchy + " hierarchy-mismatch", topo + " topology-mismatch"}},

		{"missing hierarchy", func(_ *testing.T, w *world) { w.remove(hierarchy) }, []string{hierarchy + " missing-file"}},
		{"empty hierarchy", func(_ *testing.T, w *world) { w.put(hierarchy, "") }, []string{hierarchy + " empty-file"}},
		{"truncated hierarchy", func(_ *testing.T, w *world) { w.edit(hierarchy, func(b string) string { return b[:len(b)-2] }) }, []string{hierarchy + " truncated"}},
		{"hierarchy one level too flat", func(_ *testing.T, w *world) { w.put(hierarchy, "[[0,1],[2]]") }, []string{hierarchy + " not-json"}},
		{"hierarchy with texts", func(_ *testing.T, w *world) { w.replace(hierarchy, "[[[0,", `[[["0",`) }, []string{hierarchy + " not-json"}},
		{"hierarchy with fractions", func(_ *testing.T, w *world) { w.replace(hierarchy, "[[[0,", `[[[0.0,`) }, []string{hierarchy + " bad-index"}},
		{"blocks in each other's place", func(_ *testing.T, w *world) {
			w.edit(hierarchy, func(b string) string { return strings.NewReplacer("[[[0,1,", "[[[1,0,").Replace(b) })
		}, []string{hierarchy + " hierarchy-mismatch"}},
		{"block twice", func(_ *testing.T, w *world) { w.replace(hierarchy, "[[[0,1,", "[[[0,0,") },
			[]string{hierarchy + " hierarchy-mismatch", hierarchy + " hierarchy-mismatch"}},
		{"block missing", func(_ *testing.T, w *world) { w.replace(hierarchy, "[[[0,1,", "[[[0,") },
			[]string{hierarchy + " hierarchy-mismatch", hierarchy + " hierarchy-mismatch"}},
		{"county missing", func(_ *testing.T, w *world) {
			w.edit(hierarchy, func(b string) string { return b[:strings.LastIndex(b, ",[[")] + "]" })
		}, []string{hierarchy + " hierarchy-mismatch", hierarchy + " hierarchy-mismatch"}},

		{"missing topo.json", func(_ *testing.T, w *world) { w.remove(topo) }, []string{topo + " missing-file"}},
		{"empty topo.json", func(_ *testing.T, w *world) { w.put(topo, "") }, []string{topo + " empty-file"}},
		{"truncated topo.json", func(_ *testing.T, w *world) { w.edit(topo, func(b string) string { return b[:len(b)/2] }) }, []string{topo + " truncated"}},
		{"garbage after topo.json", func(_ *testing.T, w *world) { w.edit(topo, func(b string) string { return b + "\n{}" }) }, []string{topo + " not-json"}},
		{"topo.json is no topology", func(_ *testing.T, w *world) { w.replace(topo, `"Topology"`, `"FeatureCollection"`) }, []string{topo + " topology-mismatch"}},
		{"no arcs", func(_ *testing.T, w *world) { w.replace(topo, `"arcs":[[[0,0]`, `"lines":[[[0,0]`) }, []string{topo + " topology-mismatch"}},
		{"an arc that is no list", func(_ *testing.T, w *world) { w.replace(topo, `"arcs":[[[0,0]`, `"arcs":[null,[[0,0]`) }, []string{topo + " topology-mismatch"}},
		{"an arc that is not there", func(_ *testing.T, w *world) { w.replace(topo, `"arcs":[[0,`, `"arcs":[[99999,`) }, []string{topo + " topology-mismatch"}},
		{"an arc that is not there, backwards", func(_ *testing.T, w *world) { w.replace(topo, `"arcs":[[0,`, `"arcs":[[-99999,`) }, []string{topo + " topology-mismatch"}},
		{"an arc that is no index", func(_ *testing.T, w *world) { w.replace(topo, `"arcs":[[0,`, `"arcs":[[0.5,`) }, []string{topo + " topology-mismatch"}},
		{"a polygon without arcs", func(_ *testing.T, w *world) { w.replace(topo, `"arcs":[[0,`, `"lines":[[0,`) }, []string{topo + " topology-mismatch"}},
		{"geometries twice", func(_ *testing.T, w *world) {
			w.replace(topo, `"GeometryCollection","geometries":[`, `"GeometryCollection","geometries":[],"geometries":[`)
		}, []string{topo + " topology-mismatch"}},
		{"transform without a scale", func(_ *testing.T, w *world) { w.replace(topo, `"scale":`, `"size":`) }, []string{topo + " topology-mismatch"}},
		{"transform with a text", func(_ *testing.T, w *world) { w.replace(topo, `"translate":[-75.8,`, `"translate":["-75.8",`) }, []string{topo + " topology-mismatch"}},
		{"transform of three numbers", func(_ *testing.T, w *world) { w.replace(topo, `"scale":[`, `"scale":[1,`) }, []string{topo + " topology-mismatch"}},
		{"transform is a list", func(_ *testing.T, w *world) { w.replace(topo, `"transform":{`, `"transform":[],"x":{`) }, []string{topo + " topology-mismatch"}},
		{"transform twice", func(_ *testing.T, w *world) { w.replace(topo, `"transform":{`, `"transform":null,"transform":{`) }, []string{topo + " topology-mismatch"}},
		{"no object for a level", func(_ *testing.T, w *world) { w.replace(topo, `"county":{"type"`, `"counties":{"type"`) }, []string{topo + " topology-mismatch"}},
		{"no county", func(_ *testing.T, w *world) {
			w.edit(topo, func(b string) string {
				from := strings.Index(b, `"county":{"type"`)
				return b[:from] + `"county":{"type":"GeometryCollection","geometries":[]}` + b[strings.Index(b, `},"arcs":[[[`):]
			})
		}, []string{"county.buf bad-index", hierarchy + " hierarchy-mismatch", topo + " topology-mismatch"}},
		{"an object twice", func(_ *testing.T, w *world) {
			w.replace(topo, `"county":{"type"`, `"county":{"type":"GeometryCollection","geometries":[]},"county":{"type"`)
		}, []string{topo + " topology-mismatch"}},
		{"not a collection", func(_ *testing.T, w *world) { w.replace(topo, `"GeometryCollection"`, `"MultiPolygon"`) }, []string{topo + " topology-mismatch"}},
		{"geometries are no list", func(_ *testing.T, w *world) { w.replace(topo, `"geometries":[`, `"geometries":{"a":[`) }, []string{topo + " not-json"}},
		{"a county too many", func(_ *testing.T, w *world) {
			w.replace(topo, `"county":{"type":"GeometryCollection","geometries":[`, `"county":{"type":"GeometryCollection","geometries":[{"type":"Polygon","arcs":[[0]],"properties":{"county":"10999"}},`)
		}, []string{hierarchy + " hierarchy-mismatch", topo + " topology-mismatch", topo + " topology-mismatch"}},
		{"a block too few", func(_ *testing.T, w *world) {
			w.edit(topo, func(b string) string {
				from := strings.Index(b, `,{"type"`)
				return b[:from] + b[from+1+strings.Index(b[from+1:], `,{"type"`):]
			})
		}, []string{topo + " topology-mismatch", topo + " topology-mismatch"}},
		{"block without an id", func(_ *testing.T, w *world) { w.replace(topo, `"properties":{"block":`, `"properties":{"blk":`) }, []string{topo + " topology-mismatch"}},
		{"block without properties", func(_ *testing.T, w *world) {
			w.replace(topo, `"properties":{"block":`, `"properties":null,"other":{"block":`)
		},
			[]string{topo + " topology-mismatch", topo + " topology-mismatch"}},
		{"block without a parent", func(_ *testing.T, w *world) { w.replace(topo, `,"blockgroup":"100010001001"`, ``) }, []string{topo + " topology-mismatch"}},
		{"block of an unknown parent", func(_ *testing.T, w *world) {
			w.replace(topo, `"blockgroup":"100010001001"`, `"blockgroup":"999"`)
		}, []string{topo + " topology-mismatch"}},
		{"geometry with another's index", func(_ *testing.T, w *world) { w.replace(topo, `"id":1,`, `"id":7,`) }, []string{topo + " topology-mismatch"}},
		{"id of two counties", func(_ *testing.T, w *world) {
			w.edit(topo, func(b string) string { return strings.ReplaceAll(b, `"county":"10003"`, `"county":"10001"`) })
		}, []string{topo + " topology-mismatch"}},

		{"no tiles", func(_ *testing.T, w *world) {
			for key := range w.objects {
				if strings.HasPrefix(key, sourcePrefix+"tiles/") && strings.HasSuffix(key, ".pbf") {
					delete(w.objects, key)
				}
			}
		}, []string{"tiles/ no-tiles"}},
		{"empty tile", func(_ *testing.T, w *world) { w.put("tiles/0/0/0.pbf", "") }, []string{"tiles/0/0/0.pbf empty-file"}},
		{"half tiles/metadata.json", func(_ *testing.T, w *world) { w.put("tiles/metadata.json", `{"a":`) }, []string{"tiles/metadata.json truncated"}},
		{"half input.geojson", func(_ *testing.T, w *world) { w.edit("input.geojson", func(b string) string { return b[:len(b)*2/3] }) }, []string{"input.geojson truncated"}},
		{"empty input.geojson", func(_ *testing.T, w *world) { w.put("input.geojson", "") }, []string{"input.geojson empty-file"}},

		{"unknown encoding", func(_ *testing.T, w *world) {
			w.objects[sourcePrefix+topo] = stored{body: "x", encoding: "br"}
		}, []string{topo + " bad-encoding"}},
		{"called gzip, but is not", func(_ *testing.T, w *world) {
			w.objects[sourcePrefix+topo] = stored{body: w.objects[sourcePrefix+topo].body, encoding: "gzip"}
		}, []string{topo + " bad-encoding"}},
		{"half gzip", func(t *testing.T, w *world) {
			w.zip(t, topo)
			w.edit(topo, func(b string) string { return b[:len(b)/2] })
		}, []string{topo + " bad-encoding", topo + " bad-encoding"}},
		{"gzip that a task would have to unpack", func(t *testing.T, w *world) {
			for _, name := range []string{metadata, topo, "white.buf", "county.buf"} {
				w.zip(t, name)
			}
		}, []string{metadata + " bad-encoding", topo + " bad-encoding", "white.buf bad-encoding", "county.buf bad-encoding"}},
		{"several at once", func(_ *testing.T, w *world) {
			w.remove("white.buf")
			w.put(hierarchy, "")
			w.edit(topo, func(b string) string { return b[:len(b)/2] })
			w.edit("population.buf", func(b string) string { return b[1:] })
		}, []string{hierarchy + " empty-file", "population.buf wrong-size", topo + " truncated", "white.buf missing-file"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, regiongen.Options{})
			tt.change(t, w)
			got, _ := w.found(t)
			slices.Sort(tt.want)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(t *testing.T, w *world)
		want   []string
	}{
		{"none for valid data", func(*testing.T, *world) {}, nil},
		{"files that nothing names", func(_ *testing.T, w *world) { w.put("notes.txt", "x"); w.put("tiles/.DS_Store", "x") }, []string{"notes.txt unreferenced"}},
		{"no tiles/metadata.json", func(_ *testing.T, w *world) { w.remove("tiles/metadata.json") }, []string{"tiles/metadata.json missing-file"}},
		{"no input.geojson", func(_ *testing.T, w *world) { w.remove("input.geojson") }, []string{"input.geojson missing-file"}},
		{"a group of an unknown demographic", func(_ *testing.T, w *world) {
			w.replace("static-metadata.json", `"subgroups":["white"`, `"subgroups":["green"`)
		}, []string{"static-metadata.json bad-metadata"}},
		{"gzip that only browsers read", func(t *testing.T, w *world) {
			for _, name := range []string{"geounit-hierarchy.json", "tiles/metadata.json", "input.geojson"} {
				w.zip(t, name)
			}
		}, []string{"geounit-hierarchy.json unusual", "tiles/metadata.json unusual"}},
		{"a geometry that is no polygon", func(_ *testing.T, w *world) { w.replace("topo.json", `"type":"Polygon"`, `"type":null`) }, []string{"topo.json unusual"}},
		{"no transform is none: then points are degrees", func(_ *testing.T, w *world) { w.replace("topo.json", `"transform":`, `"other":`) }, nil},
		{"a transform of null is as none", func(_ *testing.T, w *world) { w.replace("topo.json", `"transform":{`, `"transform":null,"other":{`) }, nil},
		{"unknown fields are none", func(_ *testing.T, w *world) {
			w.replace("static-metadata.json", `{"demographics"`, `{"chambers":[],"demographics"`)
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, regiongen.Options{})
			tt.change(t, w)
			refused, got := w.found(t)
			if diff := cmp.Diff(tt.want, got); diff != "" || refused != nil {
				t.Errorf("findings %v; warnings (-want +got):\n%s", refused, diff)
			}
		})
	}
}

// TestTopologyThatIsTooLongForATask is told of by its length alone, and only warned of.
func TestTopologyThatIsTooLongForATask(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[int64]int{0: 0, 1 << 29: 1, longestText: 0, longestText + 1: 1} {
		var f findings
		f.warnOfLength(bytes)
		if len(f.warnings) != want || len(f.refused) > 0 || want == 1 && f.warnings[0].File != topologyFile {
			t.Errorf("%d bytes: %+v", bytes, f)
		}
	}
}
