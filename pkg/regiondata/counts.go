package regiondata

import (
	"context"
	"fmt"
)

// checkCounts settles how many geounits each level has, and checks every length and index against that.
// Each file that tells a number has a vote: one bad file then is one finding, not one for each good file.
func (in *inspection) checkCounts(context.Context) error {
	m := in.metadata
	in.units = make([]int, len(m.Levels))
	for level := range m.Levels {
		in.units[level] = in.vote(level)
		in.checkTopologyCount(level)
	}
	if len(m.Levels) == 0 {
		return nil
	}
	for _, group := range [][]Buffer{m.Demographics, m.Voting} {
		for _, b := range group {
			in.checkLength(b, 0)
		}
	}
	for i, b := range in.levelBuffers() {
		if in.checkLength(b, i) && in.units[i+1] >= 0 {
			checkRange(b, in.parents[b.FileName], in.units[i+1], &in.findings)
		}
	}
	in.children = in.tree()
	if in.topology != nil && in.children != nil {
		var parents [][]uint32
		for _, b := range in.levelBuffers() {
			parents = append(parents, in.parents[b.FileName])
		}
		in.topology.checkParents(parents, &in.findings)
	}
	return nil
}

// levelBuffers are the buffers of parents, if there is one for every level but the smallest.
func (in *inspection) levelBuffers() []Buffer {
	m := in.metadata
	if len(m.GeoLevels) != len(m.Levels)-1 {
		return nil
	}
	for i, b := range m.GeoLevels {
		if b.ID != m.Levels[i+1].ID {
			return nil
		}
	}
	return m.GeoLevels
}

// vote returns the number of geounits that most files have; of equally many, what topo.json has. -1 if none tells.
func (in *inspection) vote(level int) int {
	votes := make(map[int]int)
	best := -1
	cast := func(n int) {
		votes[n]++
		if best < 0 || votes[n] > votes[best] {
			best = n
		}
	}
	if t := in.topology; t != nil && t.layers[level].seen == 1 {
		cast(t.layers[level].count)
	}
	buffers := in.levelBuffers()
	if level < len(buffers) {
		buffers = buffers[level : level+1]
	} else {
		buffers = nil
	}
	if level == 0 {
		buffers = append(append(buffers[:len(buffers):len(buffers)], in.metadata.Demographics...), in.metadata.Voting...)
	}
	for _, b := range buffers {
		if length, ok := in.stored[b.FileName]; ok && b.BytesPerElement > 0 && length%int64(b.BytesPerElement) == 0 {
			cast(int(length / int64(b.BytesPerElement)))
		}
	}
	return best
}

func (in *inspection) checkTopologyCount(level int) {
	want := in.units[level]
	id := in.metadata.Levels[level].ID
	if want > maxUnits {
		in.refuse(BadMetadata, metadataFile, metadataFix, fmt.Sprintf("at most %d of level %s", maxUnits, id), "%d", want)
	}
	if in.topology == nil || in.topology.layers[level].seen != 1 {
		return // has a finding of its own
	}
	switch count := in.topology.layers[level].count; {
	case count == 0:
		in.refuse(TopologyMismatch, topologyFile, topologyFix, fmt.Sprintf("objects.%s: at least one geometry", id), "none")
	case count != want:
		in.refuse(TopologyMismatch, topologyFile, topologyFix, fmt.Sprintf("objects.%s: %d geometries, as in the buffers", id, want), "%d", count)
	}
}

// checkLength compares a buffer's length with the number of geounits of a level, if both are known.
func (in *inspection) checkLength(b Buffer, level int) (right bool) {
	length, read := in.stored[b.FileName]
	units := in.units[level]
	if !read || units < 0 {
		return false
	}
	want := int64(units) * int64(b.BytesPerElement)
	if length == want {
		return true
	}
	in.refuse(WrongSize, b.FileName, lengthFix(b, length),
		fmt.Sprintf("%d bytes: %d of level %s, %d bytes each", want, units, in.metadata.Levels[level].ID, b.BytesPerElement),
		"%d bytes", length)
	return false
}

func lengthFix(b Buffer, length int64) string {
	if length%int64(b.BytesPerElement) != 0 {
		return "A task fails with RangeError; upload the file again."
	}
	return "A task would not notice, and show wrong numbers; make the file again with process-geojson."
}

// tree is the children of every level's geounits, or nil if any buffer of parents is missing or wrong.
func (in *inspection) tree() []children {
	buffers := in.levelBuffers()
	if buffers == nil {
		return nil
	}
	tree := make([]children, 0, len(buffers))
	for i, b := range buffers {
		elements := in.parents[b.FileName]
		if len(elements) != in.units[i] || in.units[i+1] < 0 || int64(len(elements)*b.BytesPerElement) != in.stored[b.FileName] {
			return nil
		}
		for _, p := range elements {
			if int(p) >= in.units[i+1] {
				return nil
			}
		}
		tree = append(tree, childrenOf(in.units[i+1], elements))
	}
	return tree
}
