package regiondata

import (
	"fmt"
	"slices"
)

const topologyFix = "A task would not load the region, or draw wrong districts; make the file again with process-geojson."

const arcsFix = "A task would load the region, but fail when it merges districts: maps break; make the file again with process-geojson."

// check reports what is wrong with topo.json by itself.
func (t *topology) check(f *findings) {
	if t.kind != "Topology" {
		f.refuse(TopologyMismatch, topologyFile, topologyFix, `"type":"Topology"`, "%q", t.kind)
	}
	if t.arcs <= 0 {
		f.refuse(TopologyMismatch, topologyFile, topologyFix, `a list "arcs"`, "none, or an empty one")
	}
	if t.noList.n > 0 {
		f.refuse(TopologyMismatch, topologyFile, topologyFix, "arcs that are lists of points", "%d that are none, the first at index %d", t.noList.n, t.noList.first)
	}
	for _, name := range t.noObject {
		f.refuse(TopologyMismatch, topologyFile, topologyFix, fmt.Sprintf("objects.%s to be an object, with a list of geometries if it is a GeometryCollection", name), "something else")
	}
	if t.transform != "" {
		f.refuse(TopologyMismatch, topologyFile, topologyFix, "a transform with two numbers of scale and two of translate", "%s", t.transform)
	}
	for _, name := range []string{"type", "transform", "objects", "arcs"} {
		if t.seen[name] > 1 {
			f.refuse(TopologyMismatch, topologyFile, topologyFix, fmt.Sprintf("%q once", name), "it %d times", t.seen[name])
		}
	}
	for _, l := range t.layers {
		l.check(f)
		l.checkArcs(t.arcs, f)
	}
}

func (l *layer) check(f *findings) {
	where := "objects." + l.id
	bad := func(expected, found string, args ...any) {
		f.refuse(TopologyMismatch, topologyFile, topologyFix, where+": "+expected, found, args...)
	}
	switch {
	case l.seen == 0:
		bad("an object for the level", "none")
		return
	case l.seen > 1:
		bad("one object for the level", "%d", l.seen)
	case l.kind != "GeometryCollection":
		bad("a GeometryCollection", "%q", l.kind)
	}
	if l.lists > l.seen {
		bad(`"geometries" once`, "it %d times", l.lists)
	}
	if l.noID.n > 0 {
		bad("geometries with their id in properties."+l.id, "%d without, the first at index %d", l.noID.n, l.noID.first)
	}
	if l.noParent.n > 0 {
		bad("geometries with their parent's id in properties."+l.parentID, "%d without, the first at index %d", l.noParent.n, l.noParent.first)
	}
	if l.otherIndex.n > 0 {
		bad("geometries whose id is their index", "%d with another, the first at index %d", l.otherIndex.n, l.otherIndex.first)
	}
	if n := l.twice(); n > 0 {
		bad("an id for each geometry", "%d ids that another geometry has too", n)
	}
	if l.noPolygon.n > 0 {
		f.warn(Unusual, topologyFile, "A task leaves these out, so that maps would be assigned to the wrong geounits; look at them before going on.",
			where+": Polygon or MultiPolygon", "%d of another type, the first at index %d", l.noPolygon.n, l.noPolygon.first)
	}
}

// checkArcs reports what would be found out when districts are merged only. Without arcs there is a finding already.
func (l *layer) checkArcs(arcs int, f *findings) {
	bad := func(expected, found string, args ...any) {
		f.refuse(TopologyMismatch, topologyFile, arcsFix, "objects."+l.id+": "+expected, found, args...)
	}
	if l.otherNesting.n > 0 {
		bad("arcs of a Polygon as a list of rings, of a MultiPolygon as a list of such lists",
			"%d geometries with others, the first at index %d", l.otherNesting.n, l.otherNesting.first)
	}
	if l.noArc.n > 0 {
		bad("integers as indices of arcs", "%d geometries with something else, the first at index %d", l.noArc.n, l.noArc.first)
	}
	if arcs > 0 && l.span > int64(arcs) {
		bad(fmt.Sprintf("indices of the %d arcs (a negative index i names arc -i-1)", arcs),
			"arc %d, which the geometry at index %d names", l.span-1, l.spanAt)
	}
}

// twice counts ids that more than one geometry has.
func (l *layer) twice() int {
	sorted := slices.Clone(l.own)
	slices.Sort(sorted)
	n := 0
	for i := 1; i < len(sorted); i++ {
		if sorted[i] == sorted[i-1] && sorted[i] != 0 {
			n++
		}
	}
	return n
}

// checkParents compares the parents in topo.json with those in the buffers, level by level where both are complete.
func (t *topology) checkParents(parents [][]uint32, f *findings) {
	for i, indices := range parents {
		child, above := t.layers[i], t.layers[i+1]
		if len(indices) != len(child.parent) || len(indices) != child.count || len(above.own) != above.count || child.noParent.n > 0 || above.noID.n > 0 {
			continue // has a finding of its own
		}
		var differ examples
		for c, p := range indices {
			if int(p) >= len(above.own) || above.own[p] != child.parent[c] {
				differ.add(c)
			}
		}
		if differ.n > 0 {
			f.refuse(TopologyMismatch, topologyFile, topologyFix, fmt.Sprintf("in objects.%s the same parents as in the buffer of %s", child.id, above.id),
				"%d with another, the first at index %d", differ.n, differ.first)
		}
	}
}
