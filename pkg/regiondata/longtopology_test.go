package regiondata

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
)

// longTopology is a topo.json with further arcs at its end, the same ones again and again: a file of any length,
// which is made while it is read.
type longTopology struct {
	head    []byte // all but the "]}" at the end
	arcs    []byte // ",[[x,y],[dx,dy],…]" many times
	repeats int64
}

// lengthen adds arcs until the file has at least so many bytes.
func lengthen(topo []byte, size int64) longTopology {
	l := longTopology{head: bytes.TrimSuffix(topo, []byte("]}")), arcs: arcsLikeReal()}
	l.repeats = max(0, (size-int64(len(topo)))/int64(len(l.arcs))+1)
	return l
}

// arcsLikeReal are arcs of up to thirty points, whose differences have one to three digits and either sign.
func arcsLikeReal() []byte {
	random := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for b.Len() < 1<<20 {
		fmt.Fprintf(&b, ",[[%d,%d]", random.IntN(100_000), random.IntN(100_000))
		for range 1 + random.IntN(30) {
			fmt.Fprintf(&b, ",[%.0f,%.0f]", 100*random.NormFloat64(), 100*random.NormFloat64())
		}
		b.WriteByte(']')
	}
	return bytes.ReplaceAll(b.Bytes(), []byte("-0"), []byte("0"))
}

func (l longTopology) size() int64 { return int64(len(l.head)) + l.repeats*int64(len(l.arcs)) + 2 }

// WriteTo writes the whole file.
func (l longTopology) WriteTo(w io.Writer) (written int64, err error) {
	write := func(b []byte) {
		if err == nil {
			var n int
			n, err = w.Write(b)
			written += int64(n)
		}
	}
	write(l.head)
	for range l.repeats {
		write(l.arcs)
	}
	write([]byte("]}"))
	return written, err
}
