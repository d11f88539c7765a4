package regiongen

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Fault is one way to spoil a region's data.
type Fault string

// The faults. All but BadTopology break a rule that a region's files must keep.
const (
	None              Fault = ""
	MissingFile       Fault = "missing-file"       // the metadata names a buffer that is not there
	ShortBuffer       Fault = "short-buffer"       // a buffer ends in the middle of an element, or an element early
	TruncatedTopo     Fault = "truncated-topo"     // topo.json ends in the middle, as after a broken upload
	EmptyMetadata     Fault = "empty-metadata"     // static-metadata.json has no bytes: a task hangs silently
	BadIndex          Fault = "bad-index"          // a block's parent is not there
	HierarchyMismatch Fault = "hierarchy-mismatch" // two blocks have changed places in geounit-hierarchy.json
	MissingArc        Fault = "missing-arc"        // a block's outline refers to an arc that is not there
	// BadTopology keeps every rule, but topo.json lacks its bbox. TopoJSON leaves it to the writer, and release 1.19.2 does not
	// read it; the simulated tasks do (see apploader), as those of another release might.
	BadTopology Fault = "bad-topology"
)

// Faults are all faults but None.
var Faults = []Fault{MissingFile, ShortBuffer, TruncatedTopo, EmptyMetadata, BadIndex, HierarchyMismatch, MissingArc, BadTopology}

func (f Fault) check() error {
	if f == None || slices.Contains(Faults, f) {
		return nil
	}
	return fmt.Errorf("fault %q is none of %q", f, Faults)
}

// spoil changes the file if the fault concerns it; keep is false when it shall be missing.
func (f Fault) spoil(r *region, name string, file File) (spoilt File, keep bool) {
	first := r.o.Demographic[0] + ".buf"
	switch {
	case f == MissingFile && name == first:
		return file, false
	case f == ShortBuffer && name == first:
		file.write = cut(file.write, func(n int64) int64 { return n - 1 })
	case f == TruncatedTopo && name == "topo.json":
		file.write = cut(file.write, func(n int64) int64 { return n * 6 / 10 })
	case f == EmptyMetadata && name == "static-metadata.json":
		file.write = fixed(nil)
	case f == BadIndex && name == "blockgroup.buf":
		levels := r.levels()
		levels[0].values[0] = uint32(len(r.groups))
		file.write = fixed(levels[0].encode())
	case f == HierarchyMismatch && name == "geounit-hierarchy.json":
		file.write = fixed(r.swapped())
	case (f == MissingArc || f == BadTopology) && name == "topo.json":
		file.write = r.writeTopo(f)
	}
	return file, true
}

// swapped is the hierarchy with the first and the last block in each other's place.
func (r *region) swapped() []byte {
	h := r.hierarchy()
	last := fmt.Appendf(nil, "%d]]]", r.blocks-1)
	h = append(bytes.TrimSuffix(h, last), "0]]]"...)
	return append(fmt.Appendf(nil, "[[[%d", r.blocks-1), bytes.TrimPrefix(h, []byte("[[[0"))...)
}

var errCut = errors.New("cut here")

// cut ends the content early, at the length that to makes of the whole length.
func cut(write func(io.Writer) error, to func(int64) int64) func(io.Writer) error {
	return func(w io.Writer) error {
		whole := &counter{w: io.Discard}
		if err := write(whole); err != nil {
			return err
		}
		err := write(&cutter{w: w, left: to(whole.n)})
		if errors.Is(err, errCut) {
			return nil
		}
		return err
	}
}

type cutter struct {
	w    io.Writer
	left int64
}

func (c *cutter) Write(p []byte) (int, error) {
	part := p[:min(int64(len(p)), c.left)]
	n, err := c.w.Write(part)
	c.left -= int64(n)
	if err == nil && n < len(p) {
		err = errCut
	}
	return n, err
}
