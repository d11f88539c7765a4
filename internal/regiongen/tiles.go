package regiongen

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
)

// tiles yields the vector tiles, from the smallest zoom on, and tiles/metadata.json.
func (r *region) tiles() iter.Seq2[string, File] {
	return func(yield func(string, File) bool) {
		if !yield("tiles/metadata.json", jsonFile(r.tileMetadata())) {
			return
		}
		n := 0
		for z := 0; n < r.o.Tiles; z++ {
			side := 1 << z
			for i := 0; i < side*side && n < r.o.Tiles; i++ {
				if !yield(fmt.Sprintf("tiles/%d/%d/%d.pbf", z, i/side, i%side), r.tile(uint64(n))) {
					return
				}
				n++
			}
		}
	}
}

// tile is a gzip of a few hundred bytes. Nothing here reads it; a browser would find an empty layer.
func (r *region) tile(n uint64) File {
	write := func(w io.Writer) error {
		random := rand.New(rand.NewPCG(r.o.Seed+n, r.o.Revision))
		content := make([]byte, 100+random.IntN(300))
		for i := range content {
			content[i] = byte(random.IntN(64))
		}
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		z.Write(content)
		if err := z.Close(); err != nil {
			return err
		}
		_, err := w.Write(packed.Bytes())
		return err
	}
	return File{ContentType: "application/x-protobuf", ContentEncoding: "gzip", CacheControl: forADay, write: write}
}

func (r *region) tileMetadata() []byte {
	layers := `{"vector_layers":[{"id":"block","minzoom":8,"maxzoom":14},{"id":"blockgroup","minzoom":0,"maxzoom":14},{"id":"county","minzoom":0,"maxzoom":14}]}`
	content, err := json.Marshal(map[string]string{"name": "all-geounits", "format": "pbf", "minzoom": "0", "maxzoom": "14", "json": layers})
	if err != nil {
		panic(err) // a map of strings: it cannot fail
	}
	return content
}
