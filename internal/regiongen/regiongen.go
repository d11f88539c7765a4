// Package regiongen makes valid region data: counties, block groups and blocks with their buffers, hierarchy,
// TopoJSON and tiles, as DistrictBuilder's own processing writes them. The same options give the same bytes.
package regiongen

import (
	"bytes"
	"fmt"
	"io"
	"iter"
)

// Options say what data to make. The zero value of a field gives a small default.
type Options struct {
	State       string   // two digits that every geounit's id begins with
	Counties    int      // the largest level
	BlockGroups int      // in a county, give or take one
	Blocks      int      // in a block group, give or take one
	Demographic []string // the first is a block's population, the others are shares of it
	Voting      []string // nil: none
	Tiles       int      // vector tiles
	TopoBytes   int64    // about how long topo.json shall be; never less than the geounits need
	Seed        uint64   // decides the structure and the values
	Revision    uint64   // other values, and other tiles, in the same structure
	Restructure []int    // counties by index that get one more block group: maps of the region break
	Fault       Fault    // what to spoil; "": nothing
}

// File is one file of a region, with the headers it is stored under.
type File struct {
	ContentType, ContentEncoding, CacheControl string

	write func(io.Writer) error
}

// WriteTo writes the file's content. Nothing of it is kept, so a file of any size can be written.
func (f File) WriteTo(w io.Writer) (int64, error) {
	counted := &counter{w: w}
	err := f.write(counted)
	return counted.n, err
}

// Bytes returns the whole content.
func (f File) Bytes() ([]byte, error) {
	var b bytes.Buffer
	_, err := f.WriteTo(&b)
	return b.Bytes(), err
}

// Open returns a reader of the content, which is made while it is read. Close it, also before its end.
func (f File) Open() io.ReadCloser {
	r, w := io.Pipe()
	go func() { w.CloseWithError(f.write(w)) }()
	return r
}

// Generate yields every file under its name relative to the region's URI, static-metadata.json last.
// It fails on options that make no region.
func Generate(o Options) (iter.Seq2[string, File], error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	r := newRegion(o)
	return func(yield func(string, File) bool) {
		for name, file := range r.files() {
			spoilt, keep := o.Fault.spoil(r, name, file)
			if keep && !yield(name, spoilt) {
				return
			}
		}
	}, nil
}

func (o Options) withDefaults() Options {
	set := func(n *int, value int) {
		if *n == 0 {
			*n = value
		}
	}
	set(&o.Counties, 3)
	set(&o.BlockGroups, 4)
	set(&o.Blocks, 5)
	set(&o.Tiles, 5)
	if o.State == "" {
		o.State = "10"
	}
	if o.Demographic == nil {
		o.Demographic = []string{"population", "white", "black", "asian", "hispanic", "other"}
	}
	return o
}

func (o Options) check() error {
	if o.Counties < 1 || o.Counties > 500 || o.BlockGroups < 1 || o.Blocks < 1 || o.Blocks > 900 || o.Tiles < 0 {
		return fmt.Errorf("no region has %d counties, %d block groups, %d blocks, %d tiles; expected 1-500, at least 1, 1-900, 0 or more",
			o.Counties, o.BlockGroups, o.Blocks, o.Tiles)
	}
	for _, c := range o.Restructure {
		if c < 0 || c >= o.Counties {
			return fmt.Errorf("restructure county %d: there are %d", c, o.Counties)
		}
	}
	return o.Fault.check()
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
