package regiondata

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/pkg/regiondata/jsonscan"
)

// tilePath is where the browser looks for a vector tile: tiles/{z}/{x}/{y}.pbf.
var tilePath = regexp.MustCompile(`^tiles/\d{1,2}/\d{1,8}/\d{1,8}\.pbf$`)

// checkFiles looks at what the listing alone tells.
func (in *inspection) checkFiles() {
	for name, most := range map[string]int64{metadataFile: maxTree, hierarchyFile: maxHierarchy} {
		if size := in.source.files[name].Size; size > most {
			in.refuse(WrongSize, name, "Only its beginning was read; see whether it is the right file.", fmt.Sprintf("at most %d bytes", most), "%d", size)
		}
	}
	tiles, empty := 0, []string{}
	for name, file := range in.source.files {
		if tilePath.MatchString(name) {
			tiles++
			if file.Size == 0 {
				empty = append(empty, name)
			}
		}
	}
	if tiles == 0 {
		in.refuse(NoTiles, "tiles/", "The browser would show an empty map; upload the tiles.", "vector tiles, tiles/{z}/{x}/{y}.pbf", "none")
	}
	if len(empty) > 0 {
		slices.Sort(empty)
		in.refuse(EmptyFile, empty[0], "The map has a hole there; upload the tiles again.", "tiles with content", "%d of %d tiles with 0 bytes", len(empty), tiles)
	}
}

// readOthers checks the JSON files that no task reads: a half one tells of an upload that broke off.
func (in *inspection) readOthers(ctx context.Context) error {
	const fix = "No task reads it, but the upload broke off; upload it again."
	if _, ok := in.source.files[tilesFile]; !ok {
		in.warn(MissingFile, tilesFile, "The map does not need it; see that the tiles are complete.", "the file", "no such object")
	} else if err := in.read(ctx, tilesFile, fix, wholeJSON); err != nil {
		return err
	}
	if _, ok := in.source.files[geojsonFile]; !ok {
		in.warn(MissingFile, geojsonFile, "The map does not need it, but the data cannot be made again without it.", "the file", "no such object")
		return nil
	}
	return in.checkEnds(ctx, fix)
}

func wholeJSON(r io.Reader) error {
	s := jsonscan.New(r)
	if err := s.Skip(); err != nil {
		return err
	}
	return s.End()
}

// checkEnds looks at the last byte of input.geojson: it can have several GB, which nobody reads at run time.
func (in *inspection) checkEnds(ctx context.Context, fix string) error {
	size := in.source.files[geojsonFile].Size
	if size == 0 {
		in.refuse(EmptyFile, geojsonFile, fix, "content", "0 bytes")
		return nil
	}
	end, packed, err := in.source.tail(ctx, geojsonFile, 256)
	if err != nil {
		return err
	}
	if end = strings.TrimRight(end, " \r\n\t"); !packed && !strings.HasSuffix(end, "}") {
		in.refuse(Truncated, geojsonFile, fix, `"}" at its end`, "%q", end[max(0, len(end)-20):])
	}
	return nil
}

// checkUnreferenced tells of files that nothing names: they are copied too, and stay behind.
func (in *inspection) checkUnreferenced() {
	known := map[string]bool{metadataFile: true, hierarchyFile: true, topologyFile: true, geojsonFile: true, tilesFile: true}
	for _, b := range slices.Concat(in.metadata.Demographics, in.metadata.GeoLevels, in.metadata.Voting) {
		known[b.FileName] = true
	}
	var others []string
	for name := range in.source.files {
		if !known[name] && !tilePath.MatchString(name) {
			others = append(others, name)
		}
	}
	if len(others) == 0 {
		return
	}
	slices.Sort(others)
	in.warn(Unreferenced, others[0], "They would be copied too; remove them if they do not belong there.",
		"only files that belong to a region", "%d others: %s", len(others), fmt.Sprintf("%.200s", strings.Join(others, ", ")))
}
