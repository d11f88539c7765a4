package regiondata

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// Structure is how the new hierarchy compares with the live one.
type Structure string

// The outcomes of the comparison.
const (
	Same            Structure = "same"              // every existing map stays valid
	Different       Structure = "different"         // existing maps break silently
	NoLiveHierarchy Structure = "no-live-hierarchy" // missing or not readable: treated as different
)

// comparison is the outcome, with the counties that changed, and why there is nothing to compare with.
type comparison struct {
	structure Structure
	counties  []int
	why       string
}

// compare reads the live hierarchy and compares it, county by county. Its error is one of reading.
func compare(ctx context.Context, client getter, live s3uri.Prefix, files map[string]s3copy.Object, next hierarchy) (comparison, error) {
	src := &source{client: client, prefix: live, files: files}
	if _, ok := files[hierarchyFile]; !ok {
		return comparison{structure: NoLiveHierarchy, why: "it is missing"}, nil
	}
	body, err := src.open(ctx, hierarchyFile)
	if err == nil {
		defer body.Close()
		return compareWith(body, next)
	}
	return unusable(err)
}

func compareWith(r io.Reader, next hierarchy) (comparison, error) {
	levels := len(next.nodes)
	now, err := readHierarchy(r, levels, func([]int, int) {})
	if err != nil {
		return unusable(err)
	}
	counties := next.changed(now)
	if counties == nil {
		return comparison{structure: Same}, nil
	}
	return comparison{structure: Different, counties: counties}, nil
}

// unusable tells live data that cannot be understood from a failure to read it.
func unusable(err error) (comparison, error) {
	var f findings
	if err := f.unreadable(hierarchyFile, err); err != nil {
		var lost *lostError
		if errors.As(err, &lost) {
			err = lost.err
		}
		return comparison{}, err
	}
	found := f.refused[0]
	return comparison{structure: NoLiveHierarchy, why: fmt.Sprintf("expected %s, found %s", found.Expected, found.Found)}, nil
}
