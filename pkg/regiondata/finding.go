// Package regiondata knows what a region's files on S3 must be, and inspects new data before anything is overwritten.
package regiondata

import (
	"fmt"
	"strings"
)

// Kind classifies a finding.
type Kind string

// The kinds of findings.
const (
	NoFiles           Kind = "no-files"            // nothing lies at the source
	MissingFile       Kind = "missing-file"        // a file that must be there is not
	EmptyFile         Kind = "empty-file"          // a file of 0 bytes
	WrongSize         Kind = "wrong-size"          // a buffer is not as long as the counts demand
	BadMetadata       Kind = "bad-metadata"        // static-metadata.json is JSON, but says something impossible
	NotJSON           Kind = "not-json"            // JSON with a fault in it, or of another shape than expected
	Truncated         Kind = "truncated"           // a file ends in the middle
	BadEncoding       Kind = "bad-encoding"        // Content-Encoding is unknown, or the content is not so encoded
	BadIndex          Kind = "bad-index"           // an index points to a geounit that is not there
	HierarchyMismatch Kind = "hierarchy-mismatch"  // geounit-hierarchy.json disagrees with the buffers
	TopologyMismatch  Kind = "topology-mismatch"   // topo.json disagrees with the metadata or the buffers
	NoTiles           Kind = "no-tiles"            // the browser would show an empty map
	DifferentMaps     Kind = "different-structure" // the hierarchy differs from the live one
	Unreferenced      Kind = "unreferenced"        // a file that nothing names
	Unusual           Kind = "unusual"             // works, but is not how the data usually is
)

// Finding is one thing that is wrong, in words for the operator.
type Finding struct {
	File     string `json:"file"` // relative to the region's URI
	Kind     Kind   `json:"kind"`
	Expected string `json:"expected"`
	Found    string `json:"found"`
	Fix      string `json:"fix"` // what it would lead to, and what to do
}

// String is the finding on one line.
func (f Finding) String() string {
	return fmt.Sprintf("%s: %s: expected %s; found %s. %s", f.File, f.Kind, f.Expected, f.Found, f.Fix)
}

// findings collects what an inspection comes upon: findings refuse the data, warnings do not.
type findings struct {
	refused  []Finding
	warnings []Finding
}

func (f *findings) refuse(kind Kind, file, fix, expected, found string, args ...any) {
	f.refused = append(f.refused, Finding{File: file, Kind: kind, Expected: expected, Found: fmt.Sprintf(found, args...), Fix: fix})
}

func (f *findings) warn(kind Kind, file, fix, expected, found string, args ...any) {
	f.warnings = append(f.warnings, Finding{File: file, Kind: kind, Expected: expected, Found: fmt.Sprintf(found, args...), Fix: fix})
}

// list is the findings a line each, as many as go into limit bytes, and says how many more there are.
func list(all []Finding, limit int) string {
	var b strings.Builder
	for i, f := range all {
		line := fmt.Sprintf("\n- %s", f)
		if b.Len()+len(line) > limit {
			fmt.Fprintf(&b, "\n- and %d more", len(all)-i)
			break
		}
		b.WriteString(line)
	}
	return b.String()
}
