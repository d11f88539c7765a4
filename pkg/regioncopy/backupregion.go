package regioncopy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/publicmapping/districtbuilder-ops/pkg/backupname"
	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// BackupRegionInput names the region. Date is the day in the backup's name, as 2006-01-02; today (UTC) without it.
type BackupRegionInput struct {
	Run    string `json:"run"`
	Region Region `json:"region"`
	Date   string `json:"date,omitempty"`
}

// Validate checks the fields.
func (in BackupRegionInput) Validate() error {
	if in.Date != "" {
		if _, err := time.Parse(time.DateOnly, in.Date); err != nil {
			return fmt.Errorf("date %q: expected yyyy-mm-dd", in.Date)
		}
	}
	return in.Region.validate(in.Run)
}

// BackupRegionOutput says where the backup is. It is verified when Done is true; if not, the next call goes on.
type BackupRegionOutput struct {
	ID          string       `json:"id"`
	Backup      s3uri.Prefix `json:"backup"`
	Objects     int          `json:"objects"`
	Bytes       int64        `json:"bytes"`
	Copied      int          `json:"copied"`      // by this call
	CopiedBytes int64        `json:"copiedBytes"` // by this call
	Done        bool         `json:"done"`
}

// BackupRegion copies what is live to a sibling of the region's prefix and verifies the copy object by object.
type BackupRegion struct {
	Objects objects // the state bucket's
	Bucket  string  // the state bucket
	Copier  *s3copy.Copier
	Now     func() time.Time
}

// Run carries the verb out. Repeated in the same run it goes on with the same backup. It fails with BackupIncomplete when
// the live data changes meanwhile: nothing is lost then, but a new run must make a new backup.
func (b *BackupRegion) Run(ctx context.Context, in BackupRegionInput) (BackupRegionOutput, error) {
	r := recordsOf(b.Objects, b.Bucket, in.Run, in.Region.ID)
	chosen, err := b.choose(ctx, r, in)
	if err != nil {
		return BackupRegionOutput{}, err
	}
	if chosen.Live != in.Region.URI {
		return BackupRegionOutput{}, fault.New(fault.InvalidInput, "region %s: this run has begun a backup of %s, not of %s", in.Region.ID, chosen.Live, in.Region.URI)
	}
	out := BackupRegionOutput{ID: in.Region.ID, Backup: chosen.Backup}
	var mark verified
	written, err := r.read(ctx, verifiedName, &mark)
	if err != nil {
		return out, err
	}
	if !written.IsZero() {
		out.Objects, out.Bytes, out.Done = mark.Objects, mark.Bytes, true
		return out, nil
	}
	live, err := r.readInventory(ctx, chosen.Of)
	if err != nil {
		return out, err
	}
	return b.back(ctx, r, live, out)
}

// back copies, verifies, and marks the backup as verified.
func (b *BackupRegion) back(ctx context.Context, r records, live s3copy.Inventory, out BackupRegionOutput) (BackupRegionOutput, error) {
	result, err := b.Copier.Copy(ctx, s3copy.Job{Source: live, Destination: out.Backup})
	out.Objects, out.Bytes, out.Copied, out.CopiedBytes = result.Objects, result.Bytes, result.Copied, result.CopiedBytes
	if err != nil || !result.Done {
		return out, incomplete(err)
	}
	report, err := b.Copier.Verify(ctx, live, out.Backup)
	if err != nil || !report.Done {
		return out, incomplete(err)
	}
	for _, key := range report.Extra {
		report.Differences = append(report.Differences, s3copy.Difference{Key: key, Problem: "was not live"})
	}
	if len(report.Differences) > 0 {
		return out, fault.New(fault.BackupIncomplete, "the backup %s differs from what was live in %s: %s. Nothing was overwritten; see who writes there, then start a new run, which makes a new backup",
			out.Backup, live.Prefix, list(slices.Values(report.Differences)))
	}
	now, err := b.Copier.List(ctx, live.Prefix)
	if err != nil {
		return out, err
	}
	if changes := list(live.Changes(now)); changes != "" {
		return out, fault.New(fault.BackupIncomplete, "the live data %s changed while it was backed up: %s. Nothing was overwritten; see who writes there, then start a new run, which makes a new backup",
			live.Prefix, changes)
	}
	as, err := r.writeInventory(ctx, backupInventoryName, report.There)
	if err != nil {
		return out, err
	}
	mark := verified{Backup: out.Backup, As: as, Objects: out.Objects, Bytes: out.Bytes, At: b.Now().UTC()}
	if err := r.put(ctx, verifiedName, mark); err != nil {
		return out, err
	}
	out.Done = true
	return out, nil
}

// incomplete names a change of the live data.
func incomplete(err error) error {
	var changed *s3copy.SourceChangedError
	if errors.As(err, &changed) {
		return fault.New(fault.BackupIncomplete, "the live data changed while it was backed up: %w. Nothing was overwritten; see who writes there, then start a new run, which makes a new backup", err)
	}
	return err
}

// choose returns where this run's backup of the region goes, and decides it if that is not yet recorded.
func (b *BackupRegion) choose(ctx context.Context, r records, in BackupRegionInput) (choice, error) {
	var chosen choice
	written, err := r.read(ctx, choiceName, &chosen)
	if err != nil || !written.IsZero() {
		return chosen, err
	}
	live, err := b.Copier.Take(ctx, in.Region.URI)
	if err != nil {
		return chosen, incomplete(err)
	}
	chosen.Live = in.Region.URI
	if chosen.Backup, err = b.freeSibling(ctx, in); err != nil {
		return chosen, err
	}
	if chosen.Of, err = r.writeInventory(ctx, liveInventoryName, live); err != nil {
		return chosen, err
	}
	_, err = r.create(ctx, choiceName, &chosen)
	return chosen, err
}

// freeSibling returns the first name beside the region that holds nothing yet.
func (b *BackupRegion) freeSibling(ctx context.Context, in BackupRegionInput) (s3uri.Prefix, error) {
	date := in.Date
	if date == "" {
		date = b.Now().UTC().Format(time.DateOnly)
	}
	suffix, err := backupname.Next(ctx, b.Copier, in.Region.URI, date)
	if err != nil {
		return s3uri.Prefix{}, err
	}
	return in.Region.URI.Sibling(suffix), nil
}
