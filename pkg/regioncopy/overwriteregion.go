package regioncopy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
	"github.com/publicmapping/districtbuilder-ops/pkg/record"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// OverwriteRegionInput names the region, the inventory of the new data (s3://bucket/key, as inspect-region wrote it) and this run's backup.
type OverwriteRegionInput struct {
	Run       string       `json:"run"`
	Region    Region       `json:"region"`
	Inventory string       `json:"inventory"`
	Backup    s3uri.Prefix `json:"backup"`
}

// Validate checks the fields.
func (in OverwriteRegionInput) Validate() error {
	if err := in.Region.validate(in.Run); err != nil {
		return err
	}
	if _, _, err := s3copy.ParseObject(in.Inventory); err != nil {
		return fmt.Errorf("inventory: %w", err)
	}
	return in.Region.validBackup(in.Backup)
}

// OverwriteRegion copies new data over a region's, what a starting task reads last, verifies it object by object, and then removes
// what the new data no longer has.
type OverwriteRegion struct {
	Objects objects // the state bucket's
	Bucket  string  // the state bucket
	Copier  *s3copy.Copier
	Journal undoLog
	Now     func() time.Time
}

// Run carries the verb out. It writes nothing before the backup was found complete and the journal holds how to undo it.
// A repeated call copies what is still missing.
func (o *OverwriteRegion) Run(ctx context.Context, in OverwriteRegionInput) (Progress, error) {
	r := recordsOf(o.Objects, o.Bucket, in.Run, in.Region.ID)
	source, ref, err := o.source(ctx, in)
	if err != nil {
		return Progress{}, err
	}
	kept, err := verifiedBackup(ctx, r, o.Copier, in.Region, in.Backup)
	if err != nil {
		return Progress{}, err
	}
	since, err := o.begin(ctx, r, in, kept, ref)
	if err != nil {
		return Progress{}, err
	}
	end, err := r.beBusy(ctx, o.Now())
	if err != nil {
		return Progress{}, err
	}
	defer end()
	// Again: a restore that began before this call's records were there does not wait for it.
	if err := notRestored(ctx, r, in); err != nil {
		return Progress{}, err
	}
	return o.overwrite(ctx, in.Region, source, kept, since)
}

// source reads the inventory of the new data.
func (o *OverwriteRegion) source(ctx context.Context, in OverwriteRegionInput) (s3copy.Inventory, reference, error) {
	bucket, key, err := s3copy.ParseObject(in.Inventory)
	if err != nil {
		return s3copy.Inventory{}, reference{}, err
	}
	source, digest, err := s3copy.Read(ctx, o.Objects, bucket, key)
	refuse := func(format string, args ...any) (s3copy.Inventory, reference, error) {
		return s3copy.Inventory{}, reference{}, fault.New(fault.InvalidInput, "inventory "+in.Inventory+": "+format, args...)
	}
	switch from := source.Prefix; {
	case record.Missing(err):
		return refuse("does not exist; run inspect-region first")
	case err != nil:
		return s3copy.Inventory{}, reference{}, err
	case len(source.Objects) == 0:
		return refuse("holds no objects; overwriting with nothing would remove the region")
	case in.Region.Source != (s3uri.Prefix{}) && in.Region.Source != from:
		return refuse("is of %s, not of %s", from, in.Region.Source)
	case from.Within(in.Region.URI), in.Region.URI.Within(from), from.Within(in.Backup), in.Backup.Within(from):
		return refuse("is of %s, which overlaps the region or its backup", from)
	}
	return source, reference{Inventory: in.Inventory, Digest: digest}, nil
}

// begin makes sure that overwriting may begin, or has begun, and returns when it began by S3's clock.
func (o *OverwriteRegion) begin(ctx context.Context, r records, in OverwriteRegionInput, kept backup, source reference) (time.Time, error) {
	if err := notRestored(ctx, r, in); err != nil {
		return time.Time{}, err
	}
	since, err := r.read(ctx, overwriteName, &begun{})
	if err != nil {
		return time.Time{}, err
	}
	if since.IsZero() {
		if err := o.unchanged(ctx, in.Region, kept); err != nil {
			return time.Time{}, err
		}
	}
	if err := o.record(ctx, in); err != nil {
		return time.Time{}, err
	}
	mark := begun{At: o.Now().UTC(), New: source}
	since, err = r.create(ctx, overwriteName, &mark)
	if err == nil && mark.New != source && mark.New != (reference{}) {
		// restore-region would not know what to remove.
		err = fault.New(fault.InvalidInput, "region %s: this run has begun to overwrite with another inventory than %s as it is now; start a new run", in.Region.ID, in.Inventory)
	}
	return since, err
}

// notRestored refuses to overwrite in a run that puts the backup back, or has done so.
func notRestored(ctx context.Context, r records, in OverwriteRegionInput) error {
	undone, err := r.read(ctx, restoreName, &begun{})
	if err == nil && !undone.IsZero() {
		err = fault.New(fault.BackupMissing, "region %s: this run has put the backup %s back, so it overwrites nothing any more; start a new run", in.Region.ID, in.Backup)
	}
	return err
}

// unchanged makes sure that what is live is what was backed up.
func (o *OverwriteRegion) unchanged(ctx context.Context, region Region, kept backup) error {
	now, err := o.Copier.List(ctx, region.URI)
	if err != nil {
		return err
	}
	if changes := list(kept.live.Changes(now)); changes != "" {
		return fault.New(fault.BackupMissing, "region %s: %s has changed since it was backed up: %s. Nothing was overwritten; see who writes there, then start a new run, which makes a new backup",
			region.ID, region.URI, changes)
	}
	return nil
}

func (o *OverwriteRegion) record(ctx context.Context, in OverwriteRegionInput) error {
	undo, err := json.Marshal(RestoreRegionInput{Run: in.Run, Region: Region{ID: in.Region.ID, URI: in.Region.URI}, Backup: in.Backup})
	if err != nil {
		return fmt.Errorf("encode the inverse: %w", err)
	}
	return o.Journal.Record(ctx, in.Run, journal.Entry{
		Step: in.Region.step(), Action: "restore-region", Input: undo, At: o.Now().UTC(),
		Left: fmt.Sprintf("%s holds new data, in whole or in part; the data from before is in %s", in.Region.URI, in.Backup),
	})
}

// overwrite copies, verifies and removes.
func (o *OverwriteRegion) overwrite(ctx context.Context, region Region, source s3copy.Inventory, kept backup, since time.Time) (Progress, error) {
	result, err := o.Copier.Copy(ctx, s3copy.Job{Source: source, Destination: region.URI, Phase: phase, Since: since})
	p := Progress{ID: region.ID, Objects: result.Objects, Bytes: result.Bytes, Copied: result.Copied, CopiedBytes: result.CopiedBytes}
	if err != nil || !result.Done {
		return p, sourceChanged(err)
	}
	report, err := o.Copier.Verify(ctx, source, region.URI)
	if err != nil || !report.Done {
		return p, sourceChanged(err)
	}
	if len(report.Differences) > 0 {
		return p, fmt.Errorf("%s differs from the new data %s after it was copied: %s; somebody else writes there, so restore-region puts the backup back",
			region.URI, source.Prefix, list(slices.Values(report.Differences)))
	}
	// Only what the backup has: an object that somebody has added meanwhile would be lost.
	obsolete := slices.DeleteFunc(report.Extra, func(key string) bool { return !kept.has(key) })
	p.Removed, p.Done, err = o.Copier.Remove(ctx, region.URI, obsolete)
	return p, err
}

// sourceChanged names a change of the new data.
func sourceChanged(err error) error {
	var changed *s3copy.SourceChangedError
	if errors.As(err, &changed) {
		return fault.New(fault.SourceChanged, "the new data is not what was inspected: %w. Finish the upload, then start a new run", err)
	}
	return err
}
