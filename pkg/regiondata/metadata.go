package regiondata

import (
	"encoding/json"
	"io"
	"path"
	"slices"
	"strings"
)

// The files with fixed names.
const (
	metadataFile  = "static-metadata.json"
	hierarchyFile = "geounit-hierarchy.json"
	topologyFile  = "topo.json"
	geojsonFile   = "input.geojson"
	tilesFile     = "tiles/metadata.json"
)

// Metadata is what static-metadata.json says.
type Metadata struct {
	Demographics, Voting []Buffer
	GeoLevels            []Buffer // for every level but the smallest, the index of each child's parent
	Levels               []Level  // the smallest first
	BBox                 []float64
}

// Buffer is a typed array in a file of its own.
type Buffer struct {
	ID, FileName    string
	BytesPerElement int
	Unsigned        bool
}

// Level is a level of geounits, and the zooms it is shown at.
type Level struct {
	ID               string
	MinZoom, MaxZoom float64
}

const metadataFix = "A task that reads this fails to load the region; make the file again with process-geojson."

// readMetadata decodes static-metadata.json. Fields that are not known are allowed; those that are must be right.
// whole is false when the file is no JSON: then nothing else can be checked against it.
func readMetadata(r io.Reader, f *findings) (m Metadata, whole bool, err error) {
	root, err := readTree(r)
	if err != nil {
		return m, false, f.unreadable(metadataFile, err)
	}
	if root.fields == nil {
		f.refuse(NotJSON, metadataFile, metadataFix, "an object", "%s", root.kind())
		return m, false, nil
	}
	d := decoder{findings: f, file: metadataFile}
	for _, key := range root.duplicates("") {
		d.bad(key, "the field once", "it twice")
	}
	m.Demographics = d.buffers(root, "demographics", true)
	m.GeoLevels = d.buffers(root, "geoLevels", true)
	m.Voting = d.buffers(root, "voting", false)
	m.Levels = d.levels(root)
	m.BBox = d.bbox(root)
	d.agree(m)
	d.groups(root, m)
	return m, true, nil
}

func (d decoder) buffers(root node, field string, required bool) []Buffer {
	items := d.items(root, field, required)
	buffers := make([]Buffer, 0, len(items))
	for at, item := range items {
		where := index(field, at)
		b := Buffer{Unsigned: true}
		b.ID = d.text(item, where, "id")
		b.FileName = d.text(item, where, "fileName")
		if b.FileName != "" && (path.Clean("/"+b.FileName) != "/"+b.FileName || strings.ContainsAny(b.FileName, "?#")) {
			d.bad(where+".fileName", "a plain file name", "%q", b.FileName)
		}
		size := d.number(item, where, "bytesPerElement")
		if b.BytesPerElement = int(size); !slices.Contains([]float64{1, 2, 4}, size) {
			d.bad(where+".bytesPerElement", "1, 2 or 4", "%s", item.field("bytesPerElement"))
			b.BytesPerElement = 0
		}
		if sign := item.field("unsigned"); sign != nil {
			b.Unsigned = sign.raw != "false"
			if sign.raw != "true" && sign.raw != "false" {
				d.bad(where+".unsigned", "true or false", "%s", sign)
			}
		}
		if slices.ContainsFunc(buffers, func(other Buffer) bool { return other.ID == b.ID }) {
			d.bad(where+".id", "an id that no other has", "%q again", b.ID)
		}
		buffers = append(buffers, b)
	}
	return buffers
}

func (d decoder) levels(root node) []Level {
	const field = "geoLevelHierarchy"
	items := d.items(root, field, true)
	levels := make([]Level, 0, len(items))
	for at, item := range items {
		where := index(field, at)
		l := Level{ID: d.text(item, where, "id"), MinZoom: d.number(item, where, "minZoom"), MaxZoom: d.number(item, where, "maxZoom")}
		if l.MinZoom > l.MaxZoom {
			d.bad(where, "minZoom up to maxZoom", "%g over %g", l.MinZoom, l.MaxZoom)
		}
		if slices.ContainsFunc(levels, func(other Level) bool { return other.ID == l.ID }) {
			d.bad(where+".id", "a level once", "%q again", l.ID)
		}
		levels = append(levels, l)
	}
	if len(levels) == 1 {
		d.bad(field, "two levels or more, the smallest first", "1")
	}
	return levels
}

// bbox is west, south, east, north; nil if it is not usable.
func (d decoder) bbox(root node) []float64 {
	box := root.field("bbox")
	const want = "[west, south, east, north] in degrees"
	if box == nil {
		d.bad("bbox", want, "nothing")
		return nil
	}
	var b []float64
	if json.Unmarshal([]byte(box.raw), &b) != nil || len(b) != 4 {
		d.bad("bbox", want, "%s", box)
		return nil
	}
	if b[0] < -180 || b[0] >= b[2] || b[2] > 180 || b[1] < -90 || b[1] >= b[3] || b[3] > 90 {
		d.bad("bbox", want, "%v", b)
		return nil
	}
	return b
}

// agree checks that there is one buffer of parents for every level but the smallest, in the levels' order.
func (d decoder) agree(m Metadata) {
	var want, found []string
	for _, l := range m.Levels {
		want = append(want, l.ID)
	}
	for _, b := range m.GeoLevels {
		found = append(found, b.ID)
	}
	if len(want) > 1 && !slices.Equal(want[1:], found) {
		d.bad("geoLevels", "the levels of geoLevelHierarchy but the first, in its order: "+strings.Join(want[1:], ", "), "%s", strings.Join(found, ", "))
	}
}

// groups checks that demographicsGroups names demographics that there are; the browser shows nothing for others.
func (d decoder) groups(root node, m Metadata) {
	var groups []struct {
		Total     string   `json:"total"`
		Subgroups []string `json:"subgroups"`
	}
	field := root.field("demographicsGroups")
	if field == nil {
		return
	}
	if json.Unmarshal([]byte(field.raw), &groups) != nil {
		d.bad("demographicsGroups", `[{"total":id,"subgroups":[id,…]}]`, "%s", field)
	}
	for _, g := range groups {
		for _, id := range append(g.Subgroups, g.Total) {
			known := slices.ContainsFunc(m.Demographics, func(b Buffer) bool { return b.ID == id })
			if id != "" && !known {
				d.findings.warn(BadMetadata, metadataFile, "The browser has no numbers for it.", "ids of demographics in demographicsGroups", "%q", id)
			}
		}
	}
}
