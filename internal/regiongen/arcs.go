package regiongen

// arcs is the topology of the blocks. Each block is a cell of a grid: a block group is a row of cells, a county
// a stack of rows, counties stand side by side. Neighbours share the arc between them.
type arcs struct {
	left, top, right, bottom []int32 // by block
	from                     []corner
}

// corner is where an arc begins, and whether it runs along a row or up a column.
type corner struct {
	column, row int32
	up          bool
}

func (r *region) layArcs() arcs {
	a := arcs{left: make([]int32, r.blocks), top: make([]int32, r.blocks), right: make([]int32, r.blocks), bottom: make([]int32, r.blocks)}
	width := r.columns()
	for c, county := range r.counties {
		for g := county.first; g < county.last; g++ {
			for b := r.groups[g].first; b < r.groups[g].last; b++ {
				r.layBlock(&a, b, g, int32(c*width+b-r.groups[g].first))
			}
		}
	}
	return a
}

func (r *region) layBlock(a *arcs, b, g int, column int32) {
	group, county := r.groups[g], r.counties[r.groups[g].county]
	row := int32(g - county.first)
	a.left[b], a.bottom[b] = -1, -1
	if b > group.first {
		a.left[b] = a.right[b-1]
	} else if beside, ok := r.beside(g); ok {
		a.left[b] = a.right[beside]
	}
	if below := g - 1; below >= county.first && r.groups[below].first+b-group.first < r.groups[below].last {
		a.bottom[b] = a.top[r.groups[below].first+b-group.first]
	}
	if a.left[b] < 0 {
		a.left[b] = a.add(corner{column, row, true})
	}
	if a.bottom[b] < 0 {
		a.bottom[b] = a.add(corner{column, row, false})
	}
	a.top[b] = a.add(corner{column, row + 1, false})
	a.right[b] = a.add(corner{column + 1, row, true})
}

// beside is the block of the county before that touches the first block of group g.
func (r *region) beside(g int) (block int, ok bool) {
	c := r.groups[g].county
	if c == 0 {
		return 0, false
	}
	before, row := r.counties[c-1], g-r.counties[c].first
	if before.first+row >= before.last {
		return 0, false
	}
	neighbour := r.groups[before.first+row]
	return neighbour.last - 1, neighbour.last-neighbour.first == r.columns()
}

// columns is the width of a county, in blocks.
func (r *region) columns() int { return max(r.o.Blocks+1, 2) }

func (a *arcs) add(c corner) int32 {
	a.from = append(a.from, c)
	return int32(len(a.from) - 1)
}

// ring is the outline of a county or part of one: the groups from first up to last. Clockwise from its lower left.
// ^i is arc i backwards, as TopoJSON writes it.
func (r *region) ring(first, last int) []int32 {
	var ring []int32
	for g := first; g < last; g++ {
		ring = append(ring, r.arcs.left[r.groups[g].first])
	}
	top := r.groups[last-1]
	ring = append(ring, r.arcs.top[top.first:top.last]...)
	for g := last - 1; g >= first; g-- {
		ring = append(ring, ^r.arcs.right[r.groups[g].last-1])
		if g > first {
			ring = append(ring, r.step(r.groups[g], r.groups[g-1])...)
		}
	}
	return append(ring, r.backwards(r.groups[first], 0)...)
}

// step is the outline between the end of a row and the end of the row below it.
func (r *region) step(upper, lower group) []int32 {
	above, below := upper.last-upper.first, lower.last-lower.first
	if below > above {
		return r.arcs.top[lower.first+above : lower.last]
	}
	return r.backwards(upper, below)
}

// backwards is the lower side of a row, from its right end to the block at from.
func (r *region) backwards(g group, from int) []int32 {
	var side []int32
	for b := g.last - 1; b >= g.first+from; b-- {
		side = append(side, ^r.arcs.bottom[b])
	}
	return side
}
