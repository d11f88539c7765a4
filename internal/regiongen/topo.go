package regiongen

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
)

// Quantization: a block is cell units wide, and a unit is scale degrees.
const (
	cell  = 1000
	scale = 1e-5
	west  = -75.8
	south = 38.4
)

// pointBytes is about what a point between an arc's ends takes: "[9,-12],".
const pointBytes = 7

// topoWriter writes topo.json with the base level first, as DistrictBuilder's processing does.
type topoWriter struct {
	*bufio.Writer
	r      *region
	number []byte
	fault  Fault // MissingArc: of the last block; BadTopology: no bbox
}

func (r *region) writeTopo(fault Fault) func(io.Writer) error {
	return func(w io.Writer) error {
		t := &topoWriter{Writer: bufio.NewWriterSize(w, 1<<16), r: r, fault: fault}
		t.WriteString(`{"type":"Topology",`)
		if fault != BadTopology {
			fmt.Fprintf(t, `"bbox":%s,`, r.bbox())
		}
		fmt.Fprintf(t, `"transform":{"scale":[%g,%g],"translate":[%g,%g]},"objects":{`, scale, scale, west, south)
		t.object("block", r.blocks, t.block)
		t.WriteByte(',')
		t.object("blockgroup", len(r.groups), t.group)
		t.WriteByte(',')
		t.object("county", len(r.counties), t.county)
		t.WriteString(`},"arcs":[`)
		t.arcs()
		t.WriteString(`]}`)
		return t.Flush()
	}
}

func (t *topoWriter) object(level string, n int, geometry func(int)) {
	t.WriteString(`"` + level + `":{"type":"GeometryCollection","geometries":[`)
	for i := range n {
		if i > 0 {
			t.WriteByte(',')
		}
		geometry(i)
	}
	t.WriteString(`]}`)
}

func (t *topoWriter) block(i int) {
	a := t.r.arcs
	g := t.r.groupOf(i)
	ring := []int32{a.left[i], a.top[i], ^a.right[i], ^a.bottom[i]}
	if t.fault == MissingArc && i == t.r.blocks-1 {
		ring[0] = int32(len(a.from)) + 1000
	}
	county := t.r.counties[g.county].id
	t.geometry(i, ring, `"block":"`+t.r.blockID(g, i)+`","blockgroup":"`+g.id+`","county":"`+county+`"`, i, i+1)
}

func (t *topoWriter) group(i int) {
	g := t.r.groups[i]
	t.geometry(i, t.r.ring(i, i+1), `"blockgroup":"`+g.id+`","county":"`+t.r.counties[g.county].id+`"`, g.first, g.last)
}

func (t *topoWriter) county(i int) {
	c := t.r.counties[i]
	t.geometry(i, t.r.ring(c.first, c.last), `"county":"`+c.id+`"`, t.r.groups[c.first].first, t.r.groups[c.last-1].last)
}

// geometry writes one geounit, whose values are the sums over the blocks from first up to last.
func (t *topoWriter) geometry(id int, ring []int32, properties string, first, last int) {
	t.WriteString(`{"type":"Polygon","arcs":[[`)
	for i, arc := range ring {
		if i > 0 {
			t.WriteByte(',')
		}
		t.int(int(arc))
	}
	t.WriteString(`]],"id":`)
	t.int(id)
	t.WriteString(`,"properties":{` + properties)
	for i, name := range t.r.o.Demographic {
		sum := 0
		for _, v := range t.r.values[i][first:last] {
			sum += int(v)
		}
		t.WriteString(`,` + strconv.Quote(name) + `:`)
		t.int(sum)
	}
	t.WriteString(`}}`)
}

// arcs writes every arc as a jagged line: its first point, then differences. Points between the ends bring the file
// to the length that was asked for.
func (t *topoWriter) arcs() {
	further := (t.r.o.TopoBytes - t.r.leastTopoBytes()) / int64(len(t.r.arcs.from)*pointBytes)
	points := 2 + int(max(further, 0))
	random := rand.New(rand.NewPCG(t.r.o.Seed, 0))
	for i, from := range t.r.arcs.from {
		if i > 0 {
			t.WriteByte(',')
		}
		t.arc(from, points, random)
		if _, err := t.Write(nil); err != nil {
			return // the reader has gone
		}
	}
}

func (t *topoWriter) arc(from corner, points int, random *rand.Rand) {
	t.WriteByte('[')
	t.point(int(from.column)*cell, int(from.row)*cell)
	length, drift := cell, 0
	for i := 1; i < points; i++ {
		along, across := cell/points, random.IntN(41)-20-drift
		if i == points-1 {
			along, across = length, -drift
		}
		length, drift = length-along, drift+across
		t.WriteByte(',')
		if from.up {
			t.point(across, along)
		} else {
			t.point(along, across)
		}
	}
	t.WriteByte(']')
}

func (t *topoWriter) point(x, y int) {
	t.WriteByte('[')
	t.int(x)
	t.WriteByte(',')
	t.int(y)
	t.WriteByte(']')
}

func (t *topoWriter) int(n int) {
	t.number = strconv.AppendInt(t.number[:0], int64(n), 10)
	t.Write(t.number)
}

// leastTopoBytes is about how long topo.json is without points between the arcs' ends.
func (r *region) leastTopoBytes() int64 {
	geounits := r.blocks + len(r.groups) + len(r.counties)
	return int64(geounits*(130+16*len(r.o.Demographic)) + len(r.arcs.from)*24)
}
