// Package backupname decides what a region's next backup is called. The plan of a dry run and the backup itself both ask here.
package backupname

import (
	"context"
	"fmt"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// Most is how many backups one region may have of one day.
const Most = 99

// places tells whether anything lies at a place.
type places interface {
	Empty(context.Context, s3uri.Prefix) (bool, error)
}

// Next returns the suffix of the region's next backup of a day (2006-01-02), as s3uri.Prefix.Sibling takes it:
// "-backup-<day>", or that with "-2", "-3" …, the first under which nothing lies. After Most of them it is an error.
func Next(ctx context.Context, look places, region s3uri.Prefix, day string) (suffix string, err error) {
	for n := 1; n <= Most; n++ {
		suffix := "-backup-" + day
		if n > 1 {
			suffix = fmt.Sprintf("%s-%d", suffix, n)
		}
		if empty, err := look.Empty(ctx, region.Sibling(suffix)); err != nil {
			return "", err
		} else if empty {
			return suffix, nil
		}
	}
	return "", fmt.Errorf("%s has %d backups of %s already; remove those that are no longer needed", region, Most, day)
}
