package apploader

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"strings"
	"testing"
)

type memory map[string]string

func (m memory) Open(_ context.Context, name string) (io.ReadCloser, error) {
	body, ok := m[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return io.NopCloser(strings.NewReader(body)), nil
}

const testURI = "s3://data/regions/US/DE/v1/"

// valid is two counties with one block group each and three blocks.
func valid() memory {
	return memory{
		"static-metadata.json": `{"demographics":[{"id":"population","fileName":"population.buf","bytesPerElement":2}],
			"geoLevels":[{"id":"blockgroup","fileName":"blockgroup.buf","bytesPerElement":1},{"id":"county","fileName":"county.buf","bytesPerElement":1}],
			"bbox":[-75.8,38.4,-75,39.9],"geoLevelHierarchy":[{"id":"block"},{"id":"blockgroup"},{"id":"county"}]}`,
		"topo.json": `{"type":"Topology","bbox":[-75.8,38.4,-75,39.9],"arcs":[[[0,0],[1,1]],[[5,5],[1,0]]],"objects":{
			"block":{"type":"GeometryCollection","geometries":[
				{"type":"Polygon","arcs":[[0]],"properties":{"block":"100","blockgroup":"10","county":"1"}},
				{"type":"MultiPolygon","arcs":[[[1]],[[-2]]],"properties":{"block":"101","blockgroup":"10","county":"1"}},
				{"type":null,"properties":{"block":"200","blockgroup":"20","county":"2"}}]},
			"blockgroup":{"type":"GeometryCollection","geometries":[
				{"type":"Polygon","arcs":[[0]],"properties":{"blockgroup":"10","county":"1"}},
				{"type":"Polygon","arcs":[[1]],"properties":{"blockgroup":"20","county":"2"}}]},
			"county":{"type":"GeometryCollection","geometries":[
				{"type":"Polygon","arcs":[[0]],"properties":{"county":"1"}},
				{"type":"Polygon","arcs":[[1]],"properties":{"county":"2"}}]}}}`,
		"population.buf": "\x01\x00\x02\x00\x03\x00",
		"blockgroup.buf": "\x00\x00\x01",
		"county.buf":     "\x00\x01",
	}
}

func TestLoad(t *testing.T) {
	edit := func(name, old, new string) func(memory) {
		return func(m memory) {
			if !strings.Contains(m[name], old) {
				panic("nothing to replace: " + old)
			}
			m[name] = strings.ReplaceAll(m[name], old, new)
		}
	}
	put := func(name, body string) func(memory) { return func(m memory) { m[name] = body } }
	remove := func(name string) func(memory) { return func(m memory) { delete(m, name) } }
	const undefinedOf = "TypeError: Cannot read properties of undefined (reading '"
	tests := []struct {
		name   string
		change func(memory)
		want   string
	}{
		{"valid data loads", func(memory) {}, ""},
		{"missing static-metadata.json", remove("static-metadata.json"), "NoSuchKey: The specified key does not exist."},
		{"missing topo.json", remove("topo.json"), "NoSuchKey: The specified key does not exist."},
		{"missing buffer", remove("population.buf"), "NoSuchKey: The specified key does not exist."},
		{"empty static-metadata.json hangs", put("static-metadata.json", ""), ErrSilentHang.Error()},
		{"empty topo.json", put("topo.json", ""), "SyntaxError: Unexpected end of JSON input"},
		{"truncated topo.json", func(m memory) { m["topo.json"] = m["topo.json"][:300] }, "SyntaxError: Unexpected end of JSON input"},
		{"truncated metadata", put("static-metadata.json", `{"demographics":[`), "SyntaxError: Unexpected end of JSON input"},
		{"garbage after topo.json", func(m memory) { m["topo.json"] = "{}x" }, "SyntaxError: Unexpected token x in JSON at position 2"},
		{"gzip is not decompressed", put("topo.json", "\x1f\x8b\x08"), "SyntaxError: Unexpected token \x1f in JSON at position 0"},
		{"no hierarchy", edit("static-metadata.json", "geoLevelHierarchy", "other"), "geoLevelHierarchy missing from static metadata for " + testURI},
		{"no demographics", edit("static-metadata.json", `"demographics"`, `"other"`), undefinedOf + "map')"},
		{"odd buffer", put("population.buf", "\x01\x00\x02\x00\x03"), "RangeError: byte length of Uint16Array should be a multiple of 2"},
		{"odd signed buffer", func(m memory) {
			edit("static-metadata.json", `"bytesPerElement":2`, `"bytesPerElement":4,"unsigned":false`)(m)
		}, "RangeError: byte length of Int32Array should be a multiple of 4"},
		{"a short but even buffer is not noticed", put("population.buf", "\x01\x00"), ""},
		{"no object for a level", edit("topo.json", `"county":{"type"`, `"other":{"type"`), undefinedOf + "geometries')"},
		{"parent that is not there", edit("topo.json", `{"block":"101","blockgroup":"10"`, `{"block":"101","blockgroup":"99"`), undefinedOf + "push')"},
		{"arc beyond the arcs", edit("topo.json", `[[[1]],[[-2]]]`, `[[[1]],[[2]]]`), undefinedOf + "0')"},
		{"reversed arc beyond the arcs", edit("topo.json", `[[-2]]`, `[[-3]]`), undefinedOf + "0')"},
		{"fraction of an arc", edit("topo.json", `[[[1]],[[-2]]]`, `[[[0.5]],[[-2]]]`), undefinedOf + "0')"},
		{"infinite arc", edit("topo.json", `[[[1]],[[-2]]]`, `[[[1e999]],[[-2]]]`), undefinedOf + "0')"},
		{"null for an arc", edit("topo.json", `[[[1]],[[-2]]]`, `[[[null]],[[-2]]]`), undefinedOf + "0')"},
		{"arcs in another notation are there", edit("topo.json", `[[[1]],[[-2]]]`, `[[[10e-1]],[[-2.0]]]`), ""},
		{"a negative fraction is rounded, as by JavaScript", edit("topo.json", `[[-2]]`, `[[-2.5]]`), ""},
		{"a negative number is cut to 32 bits, as by JavaScript", edit("topo.json", `[[-2]]`, `[[-4294967297]]`), ""},
		{"polygons nested as one", edit("topo.json", `[[[1]],[[-2]]]`, `[[1],[-2]]`), "TypeError: ring.forEach is not a function"},
		{"polygon that is no list", edit("topo.json", `[[[1]],[[-2]]]`, `[1]`), "TypeError: polygon.forEach is not a function"},
		{"polygons that are no list", edit("topo.json", `[[[1]],[[-2]]]`, `{}`), "TypeError: o.arcs.forEach is not a function"},
		{"null for arcs", edit("topo.json", `[[[1]],[[-2]]]`, `null`), "TypeError: Cannot read properties of null (reading 'forEach')"},
		{"polygon without arcs", edit("topo.json", `"arcs":[[[1]],[[-2]]]`, `"rings":[]`), undefinedOf + "forEach')"},
		{"empty polygons", edit("topo.json", `[[[1]],[[-2]]]`, `[[],[[]]]`), ""},
		{"arcs of what is no polygon", edit("topo.json", `{"type":null,`, `{"type":null,"arcs":[[9]],`), ""},
		{"no bbox", edit("topo.json", `"bbox"`, `"box"`), undefinedOf + "slice')"},
		{"no arcs at all", edit("topo.json", `"arcs":[[[0,0],[1,1]],[[5,5],[1,0]]],`, ``), undefinedOf + "length')"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := maps.Clone(valid())
			tt.change(files)
			err := Load(t.Context(), testURI, files)
			if got := text(err); got != tt.want {
				t.Errorf("Load = %q, want %q", got, tt.want)
			}
			if tt.want == ErrSilentHang.Error() && !errors.Is(err, ErrSilentHang) {
				t.Error("not ErrSilentHang")
			}
		})
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// refusing fails every read with an error of its own, as a network does.
type refusing struct{}

func (refusing) Open(context.Context, string) (io.ReadCloser, error) { return nil, io.ErrNoProgress }

func TestLoadPassesOtherErrorsOn(t *testing.T) {
	t.Parallel()
	if err := Load(t.Context(), testURI, refusing{}); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("Load = %v, want the error of the reader", err)
	}
}
