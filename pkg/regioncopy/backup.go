package regioncopy

import (
	"context"
	"slices"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// backup is a verified backup: what was live, and the same objects in the backup.
type backup struct {
	live, copy s3copy.Inventory
}

// verifiedBackup returns this run's verified backup of the region if it still is what was verified, else BackupMissing.
func verifiedBackup(ctx context.Context, r records, copier *s3copy.Copier, region Region, at s3uri.Prefix) (backup, error) {
	missing := func(format string, args ...any) (backup, error) {
		return backup{}, fault.New(fault.BackupMissing, "region "+region.ID+": "+format, args...)
	}
	var chosen choice
	written, err := r.read(ctx, choiceName, &chosen)
	if err != nil {
		return backup{}, err
	}
	if written.IsZero() || chosen.Backup != at || chosen.Live != region.URI {
		return missing("%s is not this run's backup of %s; run backup-region first", at, region.URI)
	}
	var mark verified
	if written, err = r.read(ctx, verifiedName, &mark); err != nil {
		return backup{}, err
	}
	if written.IsZero() || mark.Backup != at {
		return missing("the backup %s is not verified; repeat backup-region until it answers done", at)
	}
	b := backup{}
	if b.live, err = r.readInventory(ctx, chosen.Of); err != nil {
		return backup{}, err
	}
	if b.copy, err = r.readInventory(ctx, mark.As); err != nil {
		return backup{}, err
	}
	now, err := copier.List(ctx, at)
	if err != nil {
		return backup{}, err
	}
	if changes := list(b.copy.Changes(now)); changes != "" {
		return missing("the backup %s is not what was verified any more: %s; see who writes there", at, changes)
	}
	return b, nil
}

// has reports whether the backup holds an object of this key.
func (b backup) has(key string) bool {
	_, found := slices.BinarySearchFunc(b.live.Objects, key, func(o s3copy.Object, key string) int {
		switch {
		case o.Key < key:
			return -1
		case o.Key > key:
			return 1
		}
		return 0
	})
	return found
}
