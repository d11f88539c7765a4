package regiongen

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
)

// writeGeoJSON writes the source that the other files are made from: one square a block, with all its values.
func (r *region) writeGeoJSON(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<16)
	out.WriteString(`{"type":"FeatureCollection","features":[`)
	for i, g := range r.groups {
		for b := g.first; b < g.last; b++ {
			if b > 0 {
				out.WriteByte(',')
			}
			r.writeFeature(out, i, b)
		}
	}
	out.WriteString(`]}`)
	return out.Flush()
}

func (r *region) writeFeature(out *bufio.Writer, group, b int) {
	g := r.groups[group]
	x := west + scale*float64(cell*(g.county*r.columns()+b-g.first))
	y := south + scale*float64(cell*(group-r.counties[g.county].first))
	const side = cell * scale
	fmt.Fprintf(out, `{"type":"Feature","properties":{"block":%q,"blockgroup":%q,"county":%q`,
		r.blockID(g, b), g.id, r.counties[g.county].id)
	for i, name := range r.o.Demographic {
		out.WriteString(`,` + strconv.Quote(name) + `:` + strconv.Itoa(int(r.values[i][b])))
	}
	fmt.Fprintf(out, `},"geometry":{"type":"Polygon","coordinates":[[[%.5f,%.5f],[%.5f,%.5f],[%.5f,%.5f],[%.5f,%.5f],[%.5f,%.5f]]]}}`,
		x, y, x+side, y, x+side, y+side, x, y+side, x, y)
}
