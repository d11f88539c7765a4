package regioncopy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// RestoreRegionInput names the region and the run's backup of it.
type RestoreRegionInput struct {
	Run    string       `json:"run"`
	Region Region       `json:"region"`
	Backup s3uri.Prefix `json:"backup"`
}

// Validate checks the fields.
func (in RestoreRegionInput) Validate() error {
	if err := in.Region.validate(in.Run); err != nil {
		return err
	}
	return in.Region.validBackup(in.Backup)
}

// RestoreRegion copies a region's backup over its live data, in the same order as it was overwritten, verifies it object by object,
// and removes what was not live before: the inverse of OverwriteRegion.
type RestoreRegion struct {
	Objects objects // the state bucket's
	Bucket  string  // the state bucket
	Copier  *s3copy.Copier
	Journal undoLog
	Now     func() time.Time
}

// Run carries the verb out, however far overwriting had come, and closes its journal entry. A repeated call copies what is still missing.
// It fails with BackupMissing when the backup is not, or no longer, the verified one: then nothing is written.
func (v *RestoreRegion) Run(ctx context.Context, in RestoreRegionInput) (Progress, error) {
	r := recordsOf(v.Objects, v.Bucket, in.Run, in.Region.ID)
	kept, err := verifiedBackup(ctx, r, v.Copier, in.Region, in.Backup)
	if err != nil {
		return Progress{}, err
	}
	since, err := r.create(ctx, restoreName, &begun{At: v.Now().UTC()})
	if err != nil {
		return Progress{}, err
	}
	overwritten, err := r.read(ctx, overwriteName, &begun{})
	if err != nil {
		return Progress{}, err
	}
	p, err := v.restore(ctx, in.Region, kept, since, overwritten)
	if err != nil || !p.Done {
		return p, err
	}
	return p, v.Journal.Close(ctx, in.Run, in.Region.step())
}

func (v *RestoreRegion) restore(ctx context.Context, region Region, kept backup, since, overwritten time.Time) (Progress, error) {
	was := kept.live.ByKey()
	result, err := v.Copier.Copy(ctx, s3copy.Job{
		Source: kept.copy, Destination: region.URI, Phase: phase, Since: since,
		Present: func(want, there s3copy.Object) bool { return untouched(was[want.Key], there, overwritten) },
	})
	p := Progress{ID: region.ID, Objects: result.Objects, Bytes: result.Bytes, Copied: result.Copied}
	if err != nil || !result.Done {
		return p, backupChanged(err)
	}
	report, err := v.Copier.Verify(ctx, kept.copy, region.URI)
	if err != nil || !report.Done {
		return p, backupChanged(err)
	}
	if len(report.Differences) > 0 {
		return p, fmt.Errorf("%s differs from the backup %s after it was put back: %s; see who writes there, then repeat restore-region",
			region.URI, kept.copy.Prefix, list(slices.Values(report.Differences)))
	}
	p.Removed, p.Done, err = v.Copier.Remove(ctx, region.URI, report.Extra)
	return p, err
}

// untouched reports whether there is still what was: of the same content, and written at the same time, before overwriting began
// (zero if it never did). New data of the same content may have other headers.
func untouched(was, there s3copy.Object, overwritten time.Time) bool {
	return was.ETag == there.ETag && was.Size == there.Size && was.LastModified.Equal(there.LastModified) &&
		(overwritten.IsZero() || there.LastModified.Before(overwritten))
}

// backupChanged names a change of the backup.
func backupChanged(err error) error {
	var changed *s3copy.SourceChangedError
	if errors.As(err, &changed) {
		return fault.New(fault.BackupMissing, "the backup is not what was verified any more: %w; see who writes there", err)
	}
	return err
}
