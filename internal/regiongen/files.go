package regiongen

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"sort"
	"strconv"
)

const forADay = "public, max-age=86400"

// files yields every file of the region, as valid data.
func (r *region) files() iter.Seq2[string, File] {
	return func(yield func(string, File) bool) {
		for name, file := range r.tiles() {
			if !yield(name, file) {
				return
			}
		}
		for _, buffer := range r.buffers() {
			if !yield(buffer.FileName, binaryFile(buffer.encode())) {
				return
			}
		}
		_ = yield("input.geojson", File{ContentType: "application/geo+json", write: r.writeGeoJSON}) &&
			yield("topo.json", File{ContentType: "application/json", CacheControl: forADay, write: r.writeTopo(None)}) &&
			yield("geounit-hierarchy.json", jsonFile(r.hierarchy())) &&
			yield("static-metadata.json", jsonFile(r.metadata()))
	}
}

func fixed(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}

func jsonFile(content []byte) File {
	return File{ContentType: "application/json", CacheControl: forADay, write: fixed(content)}
}

func binaryFile(content []byte) File {
	return File{ContentType: "application/octet-stream", CacheControl: forADay, write: fixed(content)}
}

// buffer is a typed array and how the metadata names it.
type buffer struct {
	ID       string `json:"id"`
	FileName string `json:"fileName"`
	Bytes    int    `json:"bytesPerElement"`

	values []uint32
}

func newBuffer(id string, values []uint32, most uint32) buffer {
	b := buffer{ID: id, FileName: id + ".buf", Bytes: 4, values: values}
	switch {
	case most <= 0xff:
		b.Bytes = 1
	case most <= 0xffff:
		b.Bytes = 2
	}
	return b
}

// encode is the array in the byte order of every machine that reads it.
func (b buffer) encode() []byte {
	content := make([]byte, 0, len(b.values)*b.Bytes)
	for _, v := range b.values {
		content = append(content, binary.LittleEndian.AppendUint32(nil, v)[:b.Bytes]...)
	}
	return content
}

func (r *region) buffers() []buffer {
	return slices.Concat(r.demographics(), r.voting(), r.levels())
}

func (r *region) demographics() []buffer { return r.columnsOf(r.o.Demographic, 0) }

func (r *region) voting() []buffer { return r.columnsOf(r.o.Voting, len(r.o.Demographic)) }

func (r *region) columnsOf(ids []string, from int) []buffer {
	buffers := make([]buffer, 0, len(ids))
	for i, id := range ids {
		values := r.values[from+i]
		buffers = append(buffers, newBuffer(id, values, slices.Max(values)))
	}
	return buffers
}

// levels are the indices of parents. An element can hold the number of parents too, one more than a valid index.
func (r *region) levels() []buffer {
	groups, counties := make([]uint32, r.blocks), make([]uint32, len(r.groups))
	for i, g := range r.groups {
		counties[i] = uint32(g.county)
		for b := g.first; b < g.last; b++ {
			groups[b] = uint32(i)
		}
	}
	return []buffer{newBuffer("blockgroup", groups, uint32(len(r.groups))), newBuffer("county", counties, uint32(len(r.counties)))}
}

func (r *region) groupOf(block int) group {
	return r.groups[sort.Search(len(r.groups), func(i int) bool { return r.groups[i].last > block })]
}

func (r *region) hierarchy() []byte {
	var h bytes.Buffer
	h.WriteByte('[')
	for i, c := range r.counties {
		separate(&h, i)
		h.WriteByte('[')
		for g := c.first; g < c.last; g++ {
			separate(&h, g-c.first)
			h.WriteByte('[')
			for b := r.groups[g].first; b < r.groups[g].last; b++ {
				separate(&h, b-r.groups[g].first)
				h.WriteString(strconv.Itoa(b))
			}
			h.WriteByte(']')
		}
		h.WriteByte(']')
	}
	h.WriteByte(']')
	return h.Bytes()
}

func separate(b *bytes.Buffer, i int) {
	if i > 0 {
		b.WriteByte(',')
	}
}

func (r *region) metadata() []byte {
	type level struct {
		ID      string `json:"id"`
		MinZoom int    `json:"minZoom"`
		MaxZoom int    `json:"maxZoom"`
	}
	type groups struct {
		Total     string   `json:"total"`
		Subgroups []string `json:"subgroups"`
	}
	content, err := json.Marshal(struct {
		Demographics      []buffer        `json:"demographics"`
		GeoLevels         []buffer        `json:"geoLevels"`
		Voting            []buffer        `json:"voting,omitempty"`
		BBox              json.RawMessage `json:"bbox"`
		GeoLevelHierarchy []level         `json:"geoLevelHierarchy"`
		Groups            []groups        `json:"demographicsGroups"`
	}{
		r.demographics(), r.levels(), r.voting(), r.bbox(),
		[]level{{"block", 8, 14}, {"blockgroup", 0, 14}, {"county", 0, 14}},
		[]groups{{r.o.Demographic[0], r.o.Demographic[1:]}},
	})
	if err != nil {
		panic(fmt.Sprintf("encode the metadata: %v", err)) // only strings and numbers: it cannot fail
	}
	return content
}

// bbox is west, south, east, north in degrees.
func (r *region) bbox() json.RawMessage {
	east := west + float64(len(r.counties)*r.columns()*cell)*scale
	north := south + float64((r.o.BlockGroups+2)*cell)*scale
	return fmt.Appendf(nil, "[%.5f,%.5f,%.5f,%.5f]", west, south, min(east, 180), min(north, 90))
}
