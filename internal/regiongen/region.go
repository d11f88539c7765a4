package regiongen

import (
	"fmt"
	"math/rand/v2"
)

// region is the structure of the data and its values; files are written from it.
type region struct {
	o        Options
	counties []county
	groups   []group
	blocks   int
	arcs     arcs
	values   [][]uint32 // by demographic, then voting, then block
}

type county struct {
	id          string
	first, last int // block groups, last not included
}

type group struct {
	id          string
	county      int
	first, last int // blocks, last not included
}

func newRegion(o Options) *region {
	r := &region{o: o}
	random := rand.New(rand.NewPCG(o.Seed, 1))
	further := make(map[int]bool)
	for _, c := range o.Restructure {
		further[c] = true
	}
	for c := range o.Counties {
		first := len(r.groups)
		id := fmt.Sprintf("%s%03d", o.State, 2*c+1)
		for range around(random, o.BlockGroups) {
			r.addGroup(id, c, len(r.groups)-first, around(random, o.Blocks))
		}
		if further[c] {
			r.addGroup(id, c, len(r.groups)-first, 2)
		}
		r.counties = append(r.counties, county{id: id, first: first, last: len(r.groups)})
	}
	r.arcs = r.layArcs()
	r.values = r.drawValues()
	return r
}

func (r *region) addGroup(countyID string, county, number, blocks int) {
	id := fmt.Sprintf("%s%06d%d", countyID, 100*(number/9+1), number%9+1)
	r.groups = append(r.groups, group{id: id, county: county, first: r.blocks, last: r.blocks + blocks})
	r.blocks += blocks
}

func (r *region) blockID(g group, block int) string {
	return fmt.Sprintf("%s%03d", g.id, block-g.first)
}

// around is n, or one less or more, and at least 1.
func around(random *rand.Rand, n int) int {
	return max(1, n+random.IntN(3)-1)
}

// drawValues gives every block its population and shares of it. One block in 500 is a large one,
// so that buffers of one, two and four bytes an element all occur in a region of some size.
func (r *region) drawValues() [][]uint32 {
	random := rand.New(rand.NewPCG(r.o.Seed, r.o.Revision+2))
	columns := len(r.o.Demographic) + len(r.o.Voting)
	values := make([][]uint32, columns)
	for i := range values {
		values[i] = make([]uint32, r.blocks)
	}
	for b := range r.blocks {
		population := random.Uint32N(400)
		if b%500 == 0 {
			population += 300
		}
		for i := range values {
			values[i][b] = population
			if i > 0 {
				values[i][b] = random.Uint32N(population/uint32(i) + 1)
			}
		}
	}
	return values
}
