package regiondata

import (
	"fmt"
	"hash/maphash"
	"io"
	"slices"

	"github.com/publicmapping/districtbuilder-ops/pkg/regiondata/jsonscan"
)

// topology is what is kept of topo.json: numbers of geometries, and their ids as hashes of eight bytes.
type topology struct {
	kind      string
	arcs      int      // -1: no such field
	noList    examples // arcs that are no lists of points
	transform string   // what stands there in place of two numbers each of scale and translate; "" if nothing is wrong
	noObject  []string // objects of no level that are none, or have no geometries
	seen      map[string]int
	layers    []*layer // as the levels, the smallest first
	seed      maphash.Seed
}

// layer is the object of one level.
type layer struct {
	id, parentID string // of the level and the one above it, as in the properties of a geometry
	keep         int    // how many geometries' ids are kept
	seen         int    // how many objects have the level's name
	kind         string
	lists        int // how many times the object has "geometries"
	count        int
	own, parent  []uint64 // the ids that geometries have of themselves and of their parents; 0: none
	noID         examples // geometries without the level's id
	noParent     examples
	otherIndex   examples // geometries whose id is not their index
	noPolygon    examples
	otherNesting examples // polygons whose arcs are not nested as their type wants
	noArc        examples // polygons whose arcs hold something else than indices
	span         int64    // how many arcs there must be for all indices of polygons
	spanAt       int      // the first geometry that needs so many
	names        []string // ids in plain, of the largest level only
}

// examples counts, and remembers the first.
type examples struct{ n, first int }

func (e *examples) add(i int) {
	if e.n++; e.n == 1 {
		e.first = i
	}
}

// maxNames is how many ids of the largest level are kept in plain.
const maxNames = 10_000

// readTopology reads all of topo.json, of any length. Of each level it keeps no more ids than keep says, plus one.
func readTopology(r io.Reader, levels []Level, keep []int) (*topology, error) {
	t := &topology{arcs: -1, seen: make(map[string]int), seed: maphash.MakeSeed()}
	for i, level := range levels {
		n := keep[i] + 1
		l := &layer{id: level.ID, keep: n, own: make([]uint64, 0, n), parent: make([]uint64, 0, n)}
		if i+1 < len(levels) {
			l.parentID = levels[i+1].ID
		} else {
			l.names = make([]string, 0, min(l.keep, maxNames))
		}
		t.layers = append(t.layers, l)
	}
	s := jsonscan.New(r)
	err := s.Object(func(key []byte) error { return t.field(s, string(key)) })
	if err == nil {
		err = s.End()
	}
	return t, err
}

func (t *topology) field(s *jsonscan.Scanner, name string) error {
	switch name {
	case "type":
		t.seen[name]++
		return readText(s, &t.kind)
	case "objects":
		t.seen[name]++
		return s.Object(func(key []byte) error { return t.object(s, key) })
	case "transform":
		t.seen[name]++
		return t.readTransform(s)
	case "arcs":
		t.seen[name]++
		return t.countArcs(s)
	}
	return s.Skip()
}

func readText(s *jsonscan.Scanner, to *string) error {
	text, _, err := s.Text()
	*to = string(text)
	return err
}

// countArcs enters the list, so that one arc at a time is skipped.
func (t *topology) countArcs(s *jsonscan.Scanner) error {
	t.arcs = 0
	return s.Array(func(i int) error {
		t.arcs++
		if s.Next() != '[' {
			t.noList.add(i)
		}
		return s.Skip()
	})
}

// readTransform counts the numbers of scale and translate: there must be two each. null is as none.
func (t *topology) readTransform(s *jsonscan.Scanner) error {
	switch s.Next() {
	case 'n':
		return s.Skip()
	case '{':
	default:
		t.transform = "something else"
		return s.Skip()
	}
	var scale, translate int
	err := s.Object(func(key []byte) (err error) {
		switch string(key) {
		case "scale":
			scale, err = countNumbers(s)
			return err
		case "translate":
			translate, err = countNumbers(s)
			return err
		}
		return s.Skip()
	})
	if scale != 2 || translate != 2 {
		t.transform = fmt.Sprintf("%d and %d", scale, translate)
	}
	return err
}

// countNumbers returns how many numbers a list has, -1 if it is no list of numbers.
func countNumbers(s *jsonscan.Scanner) (n int, err error) {
	if s.Next() != '[' {
		return -1, s.Skip()
	}
	others := false
	err = s.Array(func(int) error {
		c := s.Next()
		others = others || c != '-' && c-'0' >= 10
		n++
		return s.Skip()
	})
	if others {
		n = -1
	}
	return n, err
}

func (t *topology) object(s *jsonscan.Scanner, key []byte) error {
	i := slices.IndexFunc(t.layers, func(l *layer) bool { return l.id == string(key) })
	if i < 0 {
		return t.otherObject(s, string(key))
	}
	l := t.layers[i]
	l.seen++
	return s.Object(func(key []byte) error {
		switch string(key) {
		case "type":
			return readText(s, &l.kind)
		case "geometries":
			l.lists++
			l.count = 0
			return s.Array(func(i int) error {
				l.count++
				return t.geometry(s, l, i)
			})
		}
		return s.Skip()
	})
}

// maxObjects is how many objects of no level are told of.
const maxObjects = 5

// otherObject is one of no level. A task goes through all objects when it loads, and fails on one that is none, or that is
// a collection without a list. https://github.com/PublicMapping/districtbuilder/blob/1.19.2/src/server/src/worker.ts
func (t *topology) otherObject(s *jsonscan.Scanner, name string) error {
	fails := func() {
		if len(t.noObject) < maxObjects {
			t.noObject = append(t.noObject, name)
		}
	}
	if s.Next() != '{' {
		fails()
		return s.Skip()
	}
	var kind string
	list := false
	err := s.Object(func(key []byte) error {
		switch string(key) {
		case "type":
			return readText(s, &kind)
		case "geometries":
			list = s.Next() == '['
		}
		return s.Skip()
	})
	if kind == "GeometryCollection" && !list {
		fails()
	}
	return err
}

// geometry is what is read of one geounit.
type geometry struct {
	nesting     int // of the lists of arcs that its type wants; 0: it is no polygon
	arcs        jsonscan.Indices
	own, parent uint64
}

// nesting is how deep the lists of arcs of a geometry are: a polygon is a list of rings, and a ring a list of arcs.
func nesting(kind []byte) int {
	switch string(kind) {
	case "Polygon":
		return 2
	case "MultiPolygon":
		return 3
	}
	return 0
}

func (t *topology) geometry(s *jsonscan.Scanner, l *layer, i int) error {
	var g geometry
	err := s.Object(func(key []byte) error {
		switch string(key) {
		case "type":
			text, _, err := s.Text()
			g.nesting = nesting(text)
			return err
		case "arcs":
			var err error
			g.arcs, err = s.Indices()
			return err
		case "id":
			text, ok, err := s.Text()
			if n, isIndex := number(text); ok && (!isIndex || n != i) {
				l.otherIndex.add(i)
			}
			return err
		case "properties":
			return t.properties(s, l, i, &g)
		}
		return s.Skip()
	})
	l.add(i, g)
	return err
}

func (t *topology) properties(s *jsonscan.Scanner, l *layer, i int, g *geometry) error {
	if s.Next() != '{' {
		return s.Skip()
	}
	return s.Object(func(key []byte) error {
		switch {
		case string(key) == l.id:
			text, _, err := s.Text()
			g.own = t.hash(text)
			l.name(i, text)
			return err
		case string(key) == l.parentID && l.parentID != "":
			text, _, err := s.Text()
			g.parent = t.hash(text)
			return err
		}
		return s.Skip()
	})
}

// hash stands for an id; 0 for none.
func (t *topology) hash(id []byte) uint64 {
	if len(id) == 0 {
		return 0
	}
	return max(maphash.Bytes(t.seed, id), 1)
}

// name keeps an id in plain, if the level's are kept.
func (l *layer) name(i int, id []byte) {
	if l.names != nil && i == len(l.names) && i < maxNames {
		l.names = append(l.names, string(id))
	}
}

func (l *layer) add(i int, g geometry) {
	if g.own == 0 {
		l.noID.add(i)
	}
	if g.parent == 0 && l.parentID != "" {
		l.noParent.add(i)
	}
	if g.nesting == 0 {
		l.noPolygon.add(i)
	} else {
		l.addArcs(i, g)
	}
	if i < l.keep {
		l.own = append(l.own, g.own)
		l.parent = append(l.parent, g.parent)
	}
}

// addArcs looks at the arcs of a polygon. Other geometries' do not matter: no district is merged from them.
func (l *layer) addArcs(i int, g geometry) {
	a := g.arcs
	if a.Deep == 0 || a.Deep > g.nesting || a.Shallow > 0 && a.Shallow < g.nesting {
		l.otherNesting.add(i)
	}
	if a.Others > 0 {
		l.noArc.add(i)
	}
	if a.Span > l.span {
		l.span, l.spanAt = a.Span, i
	}
}

// number reads a short decimal number.
func number(text []byte) (n int, ok bool) {
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, len(text) > 0 && len(text) < 10
}
