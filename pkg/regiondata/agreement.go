package regiondata

import (
	"fmt"
	"slices"
)

const hierarchyFix = "Maps would put geounits into the wrong districts; make the file again with process-geojson."

// agreement compares geounit-hierarchy.json, while it is read, with what the buffers say it must be.
type agreement struct {
	levels   []Level    // the smallest first
	children []children // by level from the second smallest on; nil if the buffers are not usable
	seen     []uint64   // a bit for each base unit
	units    int        // base units

	sizes  []examples // by depth of the parent: parents with another number of children
	counts []string   // by depth: of the first of those, what was expected and found
	places examples   // base units in the wrong place
	place  string     // of the first
	again  examples   // base units that stand twice, or are not there
	length []int      // of the arrays at hand, by depth
}

func newAgreement(levels []Level, units int, children []children) *agreement {
	return &agreement{levels: levels, children: children, units: units, seen: make([]uint64, (units+63)/64),
		sizes: make([]examples, len(levels)), counts: make([]string, len(levels)), length: make([]int, len(levels))}
}

// visit sees every base unit (unit is its index) and the end of every array (unit is -1) below the outermost.
func (a *agreement) visit(path []int, unit int) {
	depth := len(path) - 1
	if unit < 0 {
		a.checkLength(path, a.length[depth+1])
		a.length[depth+1] = 0
	}
	a.length[depth]++
	if unit < 0 {
		return
	}
	if word, bit := unit/64, uint64(1)<<(unit%64); unit >= a.units || a.seen[word]&bit != 0 {
		a.again.add(unit)
	} else {
		a.seen[word] |= bit
	}
	if want, ok := a.unitAt(path); ok && want != unit {
		if a.places.add(unit); a.places.n == 1 {
			a.place = fmt.Sprintf("%d at %v, where %d belongs", unit, path, want)
		}
	}
}

// unitAt is the unit that the buffers put at a path: of the level whose depth is the path's length.
func (a *agreement) unitAt(path []int) (unit int, ok bool) {
	if a.children == nil {
		return 0, false
	}
	unit = path[0]
	top := len(a.levels) - 1
	for depth, i := range path[1:] {
		c := a.children[top-depth-1]
		if unit >= len(c.first)-1 || i >= len(c.of(unit)) {
			return 0, false
		}
		unit = int(c.of(unit)[i])
	}
	return unit, unit < len(a.children[top-1].first)-1 || len(path) > 1
}

func (a *agreement) checkLength(path []int, found int) {
	depth := len(path) - 1
	parent, ok := a.unitAt(path)
	if !ok {
		return
	}
	want := len(a.children[len(a.levels)-2-depth].of(parent))
	if want != found {
		if a.sizes[depth].add(parent); a.sizes[depth].n == 1 {
			a.counts[depth] = fmt.Sprintf("%v has %d, not %d", path, found, want)
		}
	}
}

// report makes findings of what was seen. h is the whole hierarchy.
func (a *agreement) report(h hierarchy, f *findings) {
	bad := func(expected, found string, args ...any) {
		f.refuse(HierarchyMismatch, hierarchyFile, hierarchyFix, expected, found, args...)
	}
	for depth, e := range a.sizes {
		if e.n > 0 {
			parent, child := a.levels[len(a.levels)-1-depth].ID, a.levels[len(a.levels)-2-depth].ID
			bad(fmt.Sprintf("of each %s as many of level %s as in the buffers", parent, child), "%d with another number, the first: %s", e.n, a.counts[depth])
		}
	}
	if missing := a.units - (h.nodes[len(h.nodes)-1] - a.again.n); a.again.n > 0 || missing > 0 {
		bad(fmt.Sprintf("each index from 0 to %d exactly once", a.units-1), "%d missing, %d twice or too high (the first: %d)", missing, a.again.n, a.again.first)
	}
	if a.places.n > 0 && !slices.ContainsFunc(a.sizes, func(e examples) bool { return e.n > 0 }) {
		bad("every base unit below the parent that the buffers give it, in the buffers' order", "%d in another place, the first: %s", a.places.n, a.place)
	}
}
