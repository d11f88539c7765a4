package regioncopy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/record"
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
// and removes what the new data has added: the inverse of OverwriteRegion.
type RestoreRegion struct {
	Objects objects // the state bucket's
	Bucket  string  // the state bucket
	Copier  *s3copy.Copier
	Journal undoLog
	Now     func() time.Time
}

// Run carries the verb out, however far overwriting had come, and closes its journal entry. A repeated call copies what is still missing.
// It fails with BackupMissing when the backup is not, or no longer, the verified one: then nothing is written.
// Where overwriting has never begun, it leaves the region as it is; while a call may still be overwriting, it answers why it waits.
func (v *RestoreRegion) Run(ctx context.Context, in RestoreRegionInput) (Progress, error) {
	r := recordsOf(v.Objects, v.Bucket, in.Run, in.Region.ID)
	kept, err := verifiedBackup(ctx, r, v.Copier, in.Region, in.Backup)
	if err != nil {
		return Progress{}, err
	}
	done, err := v.done(ctx, r)
	if err != nil {
		return Progress{}, err
	}
	var p Progress
	switch {
	case done.begun.IsZero():
		// What is live was not written by this run: it may be an upload that nobody has backed up.
		p = Progress{ID: in.Region.ID, Done: true}
	case done.until.After(v.Now()):
		p = Progress{ID: in.Region.ID, Objects: len(kept.copy.Objects), Bytes: kept.copy.Bytes(),
			Why: "an overwrite of this run may still be writing until " + done.until.UTC().Format(time.RFC3339)}
	default:
		p, err = v.restore(ctx, r, in.Region, kept, done)
	}
	if err != nil || !p.Done {
		return p, err
	}
	return p, v.Journal.Close(ctx, in.Run, in.Region.step())
}

// overwriting is what this run has overwritten.
type overwriting struct {
	new   reference // the inventory of the new data
	begun time.Time // nothing was written before this, by S3's clock; zero if overwriting has never begun
	until time.Time // a call may be writing until then
	ended time.Time // once until is over, nothing was written after this, by S3's clock in whole seconds
}

// done keeps calls from beginning to overwrite, and then finds out what was overwritten.
func (v *RestoreRegion) done(ctx context.Context, r records) (overwriting, error) {
	since, err := r.create(ctx, restoreName, &begun{At: v.Now().UTC()})
	if err != nil {
		return overwriting{}, err
	}
	var how begun
	first, err := r.read(ctx, overwriteName, &how)
	if err != nil {
		return overwriting{}, err
	}
	var mark busy
	last, err := r.read(ctx, busyName, &mark)
	if err != nil {
		return overwriting{}, err
	}
	ended := slices.MaxFunc([]time.Time{since, last, mark.Until}, time.Time.Compare)
	return overwriting{new: how.New, begun: first, until: mark.Until, ended: ended}, nil
}

func (v *RestoreRegion) restore(ctx context.Context, r records, region Region, kept backup, done overwriting) (Progress, error) {
	was := kept.live.ByKey()
	result, err := v.Copier.Copy(ctx, s3copy.Job{
		Source: kept.copy, Destination: region.URI, Phase: phase, Since: done.ended,
		Present: func(want, there s3copy.Object) bool { return untouched(was[want.Key], there, done.begun) },
	})
	p := Progress{ID: region.ID, Objects: result.Objects, Bytes: result.Bytes, Copied: result.Copied, CopiedBytes: result.CopiedBytes}
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
	added, err := r.added(ctx, report.Extra, done.new)
	if err != nil {
		return p, err
	}
	p.Removed, p.Done, err = v.Copier.Remove(ctx, region.URI, added)
	return p, err
}

// added returns those of the keys that the new data has: an object that somebody else has added would be lost.
// Without the inventory that overwriting began with nobody knows which they are, and it returns them all: what is live must be
// what it was.
func (r records) added(ctx context.Context, keys []string, ref reference) ([]string, error) {
	if len(keys) == 0 || ref == (reference{}) {
		return keys, nil
	}
	source, err := r.readInventory(ctx, ref)
	name, _ := fault.NameOf(err)
	switch {
	case record.Missing(err) || name == fault.BackupIncomplete:
		return keys, nil
	case err != nil:
		return nil, err
	}
	known := source.ByKey()
	return slices.DeleteFunc(keys, func(key string) bool { _, ok := known[key]; return !ok }), nil
}

// untouched reports whether there is still what was: of the same content, and written at the same time, before overwriting began.
// New data of the same content may have other headers.
func untouched(was, there s3copy.Object, overwritten time.Time) bool {
	return was.ETag == there.ETag && was.Size == there.Size && was.LastModified.Equal(there.LastModified) &&
		there.LastModified.Before(overwritten)
}

// backupChanged names a change of the backup.
func backupChanged(err error) error {
	var changed *s3copy.SourceChangedError
	if errors.As(err, &changed) {
		return fault.New(fault.BackupMissing, "the backup is not what was verified any more: %w; see who writes there", err)
	}
	return err
}
