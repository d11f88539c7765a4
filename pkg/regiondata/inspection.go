package regiondata

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/publicmapping/districtbuilder-ops/pkg/regiondata/jsonscan"
)

// inspection is one look at all files of a prefix.
type inspection struct {
	findings
	source    *source
	metadata  Metadata
	units     []int              // by level: how many geounits there are, as most files have it; -1: not known
	stored    map[string]int64   // lengths of the buffers that could be read, by name
	parents   map[string]indices // elements of the geoLevels' buffers, by name
	children  []children         // by level from the second smallest on; nil: the buffers are not usable
	topology  *topology          // nil: not whole
	hierarchy *hierarchy         // nil: not whole
}

type indices []uint32

// inspect reads all that a task or a browser would read. Its error is one of reading; what is wrong with
// the files is in the findings.
func inspect(ctx context.Context, src *source) (*inspection, error) {
	in := &inspection{source: src, stored: make(map[string]int64), parents: make(map[string]indices)}
	if len(src.files) == 0 {
		in.refuse(NoFiles, src.prefix.String(), "Upload the data, or correct the source's URI.", "a region's files", "no object")
		return in, nil
	}
	whole := false
	err := in.read(ctx, metadataFile, metadataFix, func(r io.Reader) (err error) {
		in.metadata, whole, err = readMetadata(r, &in.findings)
		return err
	})
	if err != nil {
		return nil, err
	}
	in.checkFiles()
	for _, step := range []func(context.Context) error{in.readBuffers, in.readTopology, in.checkCounts, in.readHierarchy, in.readOthers} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if whole {
		in.checkUnreferenced()
	}
	return in, nil
}

// read reads a file that must be there. A missing, empty, half or badly encoded one becomes a finding.
func (in *inspection) read(ctx context.Context, name, fix string, use func(io.Reader) error) error {
	file, ok := in.source.files[name]
	if !ok {
		in.refuse(MissingFile, name, fix, "the file", "no such object")
		return nil
	}
	if file.Size == 0 {
		in.refuse(EmptyFile, name, fix+emptyFix(name), "content", "0 bytes")
		return nil
	}
	body, err := in.source.open(ctx, name)
	if err != nil {
		return in.unreadable(name, err)
	}
	defer body.Close()
	if body.Gzip {
		in.packed(name)
	}
	return in.unreadable(name, use(body))
}

// packed tells of a file that is stored gzip-encoded, and inspected unpacked. A browser unpacks it too. A task does not: the
// AWS SDK for JavaScript hands it what is stored (aws-sdk 2, lib/http/node.js), and the application parses that.
func (in *inspection) packed(name string) {
	const expected, found = "no Content-Encoding", "Content-Encoding gzip"
	if name == hierarchyFile || name == tilesFile {
		in.warn(Unusual, name, "A browser unpacks it, and no task reads it; look whether it is meant.", expected, found)
		return
	}
	in.refuse(BadEncoding, name, "A task does not unpack it: it fails with SyntaxError or RangeError, or shows wrong numbers; upload the file unpacked, without the header.",
		expected, found)
}

func emptyFix(name string) string {
	if name == metadataFile {
		return " An empty one makes every new task wait for ever, without an error."
	}
	return ""
}

// unreadable makes a finding of an error in a file's content; other errors it returns.
func (f *findings) unreadable(name string, err error) error {
	const fix = "The upload or the processing broke off, or wrote something else; make or upload the file again."
	var fault *jsonscan.Error
	var short *jsonscan.Truncated
	var number *jsonscan.RangeError
	var encoding *encodingError
	switch {
	case err == nil:
	case errors.As(err, &fault):
		f.refuse(NotJSON, name, fix, fault.Want, "%s at byte %d", fault.Found, fault.Offset)
	case errors.As(err, &short):
		f.refuse(Truncated, name, fix, "a whole JSON value", "its end after %d bytes, in the middle", short.Length)
	case errors.As(err, &number):
		f.refuse(BadIndex, name, fix, fmt.Sprintf("an index below %d", number.Limit), "%s at byte %d", number.Found, number.Offset)
	case errors.As(err, &encoding):
		f.refuse(BadEncoding, name, fix, "content as stored, or whole gzip", "%s", encoding.found)
	default:
		return err
	}
	return nil
}

// readBuffers reads every buffer that the metadata names, and keeps the elements of those with parents.
func (in *inspection) readBuffers(ctx context.Context) error {
	m := in.metadata
	for i, group := range [][]Buffer{m.GeoLevels, m.Demographics, m.Voting} {
		for _, b := range group {
			if _, again := in.stored[b.FileName]; again || b.FileName == "" || b.BytesPerElement == 0 {
				continue
			}
			keep := 0
			if i == 0 {
				keep = maxUnits
			}
			const fix = "static-metadata.json names it, so every task fails with NoSuchKey; upload the file."
			err := in.read(ctx, b.FileName, fix, func(r io.Reader) error {
				elements, length, err := readParents(r, b, keep)
				if err == nil {
					in.stored[b.FileName], in.parents[b.FileName] = length, elements
				}
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// longestText is how many characters a text may have in Node.js 16 to 20: a task reads topo.json into one.
const longestText = 0x1fffffe8

// warnOfLength warns of a file with more bytes. It may have fewer characters, and a task may run on a later Node.js.
func (f *findings) warnOfLength(bytes int64) {
	if bytes > longestText {
		f.warn(Unusual, topologyFile, "A task on Node.js 16 to 20 fails with ERR_STRING_TOO_LONG; simplify the shapes, or try it on staging.",
			fmt.Sprintf("at most %d bytes", longestText), "%d", bytes)
	}
}

// readTopology streams topo.json. How many ids it keeps follows from the buffers.
func (in *inspection) readTopology(ctx context.Context) error {
	levels := in.metadata.Levels
	keep := make([]int, len(levels))
	for i := range levels {
		keep[i] = maxNames
		if i < len(in.metadata.GeoLevels) {
			keep[i] = max(keep[i], len(in.parents[in.metadata.GeoLevels[i].FileName]))
		}
	}
	in.warnOfLength(in.source.files[topologyFile].Size)
	return in.read(ctx, topologyFile, topologyFix, func(r io.Reader) error {
		t, err := readTopology(r, levels, keep)
		if err == nil {
			in.topology = t
			t.check(&in.findings)
		}
		return err
	})
}

// readHierarchy streams geounit-hierarchy.json and compares it with the buffers where those are in order.
func (in *inspection) readHierarchy(ctx context.Context) error {
	levels := in.metadata.Levels
	if len(levels) < 2 {
		return in.read(ctx, hierarchyFile, hierarchyFix, wholeJSON)
	}
	return in.read(ctx, hierarchyFile, hierarchyFix, func(r io.Reader) error {
		agreed := newAgreement(levels, max(in.units[0], 0), in.children)
		h, err := readHierarchy(r, len(levels), agreed.visit)
		if err != nil {
			return err
		}
		in.hierarchy = &h
		if in.units[0] >= 0 {
			agreed.report(h, &in.findings)
		}
		in.checkTop(h)
		return nil
	})
}

// checkTop compares the number of counties: no buffer has it.
func (in *inspection) checkTop(h hierarchy) {
	top := len(in.units) - 1
	if want := in.units[top]; want >= 0 && h.nodes[0] != want {
		in.refuse(HierarchyMismatch, hierarchyFile, hierarchyFix,
			fmt.Sprintf("%d of level %s, as in topo.json", want, in.metadata.Levels[top].ID), "%d", h.nodes[0])
	}
}
