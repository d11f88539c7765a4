package regiondata

import (
	"crypto/sha256"
	"encoding/binary"
	"io"
	"math"

	"github.com/publicmapping/districtbuilder-ops/pkg/regiondata/jsonscan"
)

// maxHierarchy is the longest geounit-hierarchy.json that is read, in bytes: Texas has 7 MB.
const maxHierarchy = 64 << 20

// hierarchy is what is kept of geounit-hierarchy.json: of each county a digest, and the numbers of nodes.
type hierarchy struct {
	exact    [][sha256.Size]byte // by county: its shape and all its base units
	relative [][sha256.Size]byte // the same, with base units counted from the county's first
	nodes    []int               // by depth, the counties first, the base units last
}

// hierarchyReader walks the nested arrays once.
type hierarchyReader struct {
	*jsonscan.Scanner
	hierarchy
	county []int32                    // the tokens of the county at hand: base units, and array limits
	visit  func(path []int, unit int) // may be nil; called at every array's end with unit -1
	path   []int
}

// Tokens of a county that are not base units.
const (
	opens  = -1
	closes = -2
)

// readHierarchy reads nested arrays as deep as there are levels, with base units below maxUnits in the innermost.
// visit is called for every base unit with the indices of the arrays that it is in and its own index.
func readHierarchy(r io.Reader, levels int, visit func(path []int, unit int)) (hierarchy, error) {
	h := hierarchyReader{Scanner: jsonscan.New(io.LimitReader(r, maxHierarchy)), visit: visit}
	h.nodes = make([]int, levels)
	err := h.array(0)
	if err == nil {
		err = h.End()
	}
	return h.hierarchy, err
}

func (h *hierarchyReader) array(depth int) error {
	h.path = append(h.path, 0)
	err := h.Array(func(i int) error {
		h.path[depth] = i
		h.nodes[depth]++
		return h.node(depth)
	})
	h.path = h.path[:depth]
	return err
}

func (h *hierarchyReader) node(depth int) error {
	if depth == len(h.nodes)-1 {
		unit, err := h.Index(maxUnits)
		if err == nil {
			h.county = append(h.county, int32(unit))
			h.visit(h.path, unit)
		}
		return err
	}
	h.county = append(h.county, opens)
	if err := h.array(depth + 1); err != nil {
		return err
	}
	h.county = append(h.county, closes)
	h.visit(h.path[:depth+1], -1)
	if depth == 0 {
		h.endCounty()
	}
	return nil
}

func (h *hierarchyReader) endCounty() {
	first := int32(math.MaxInt32)
	for _, token := range h.county {
		if token >= 0 {
			first = min(first, token)
		}
	}
	h.exact = append(h.exact, digest(h.county, 0))
	h.relative = append(h.relative, digest(h.county, first))
	h.county = h.county[:0]
}

func digest(tokens []int32, from int32) (sum [sha256.Size]byte) {
	d := sha256.New()
	var block [4096]byte
	n := 0
	for _, token := range tokens {
		if token >= 0 {
			token -= from
		}
		binary.LittleEndian.PutUint32(block[n:], uint32(token))
		if n += 4; n == len(block) {
			d.Write(block[:])
			n = 0
		}
	}
	d.Write(block[:n])
	d.Sum(sum[:0])
	return sum
}

// changed are the counties, by index, whose part of the hierarchy is not the same in live; none if all is equal.
// A county whose blocks only moved to other indices as a whole has not changed, as long as another one explains it.
func (h hierarchy) changed(live hierarchy) []int {
	if counties := differing(h.relative, live.relative); counties != nil {
		return counties
	}
	return differing(h.exact, live.exact)
}

func differing(a, b [][sha256.Size]byte) []int {
	var counties []int
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			counties = append(counties, i)
		}
	}
	return counties
}
