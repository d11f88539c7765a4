package regiondata

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// maxUnits is the most geounits of a level that are inspected; a whole country has about twelve million blocks,
// and no region is one. It bounds the memory that an inspection takes.
const maxUnits = 8_000_000

// readParents reads a buffer of parent indices as a stream, n elements at most. It returns the whole length in bytes.
func readParents(r io.Reader, b Buffer, n int) (indices []uint32, length int64, err error) {
	chunk := make([]byte, 64<<10) // a multiple of every element's size
	for {
		read, err := io.ReadFull(r, chunk)
		length += int64(read)
		for e := 0; e+b.BytesPerElement <= read && len(indices) < n; e += b.BytesPerElement {
			indices = append(indices, element(chunk[e:], b.BytesPerElement))
		}
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
			return indices, length, nil
		}
		if err != nil {
			return nil, 0, err
		}
	}
}

// element is an array's element. A negative one, of a signed buffer, comes out far too high for any index.
func element(b []byte, size int) uint32 {
	switch size {
	case 1:
		return uint32(b[0])
	case 2:
		return uint32(binary.LittleEndian.Uint16(b))
	}
	return binary.LittleEndian.Uint32(b)
}

// checkRange reports indices of parents that are not there.
func checkRange(b Buffer, indices []uint32, parents int, f *findings) {
	most := uint32(parents)
	if !b.Unsigned && b.BytesPerElement < 4 {
		most = min(most, 1<<(8*b.BytesPerElement-1)) // what is above reads as negative
	}
	var over examples
	for i, p := range indices {
		if p >= most {
			over.add(i)
		}
	}
	if over.n > 0 {
		f.refuse(BadIndex, b.FileName, "Geounits would be counted nowhere; make the file again with process-geojson.",
			fmt.Sprintf("indices below %d, the number of parents", most), "%d that are not, the first is element %d: %d", over.n, over.first, indices[over.first])
	}
}

// children are the units below every parent, in the order of their indices: what geounit-hierarchy.json must show.
type children struct {
	first []uint32 // where a parent's children begin in units; one more at the end
	units []uint32
}

func childrenOf(parents int, indices []uint32) children {
	c := children{first: make([]uint32, parents+1), units: make([]uint32, len(indices))}
	for _, p := range indices {
		c.first[p+1]++
	}
	for p := range parents {
		c.first[p+1] += c.first[p]
	}
	next := append([]uint32(nil), c.first...)
	for unit, p := range indices {
		c.units[next[p]] = uint32(unit)
		next[p]++
	}
	return c
}

func (c children) of(parent int) []uint32 { return c.units[c.first[parent]:c.first[parent+1]] }
