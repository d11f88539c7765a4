package regioncopy

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/record"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// objects are the calls that records and inventories are made of.
type objects interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// The names of the records.
const (
	choiceName          = "backup.json"
	verifiedName        = "verified.json"
	overwriteName       = "overwrite.json"
	busyName            = "busy.json"
	restoreName         = "restore.json"
	liveInventoryName   = "live-inventory.json.gz"
	backupInventoryName = "backup-inventory.json.gz"
)

// records are what one run knows of one region.
type records struct {
	state   record.Bucket
	objects objects
	bucket  string
	prefix  string // of the keys
}

func recordsOf(client objects, bucket, run, region string) records {
	return records{record.In(bucket, client), client, bucket, "runs/" + run + "/regions/" + region + "/"}
}

// reference is an inventory that was written, and the digest of what was written.
type reference struct {
	Inventory string `json:"inventory"` // s3://bucket/key
	Digest    string `json:"digest"`
}

// choice is where the backup of a region goes, and of what.
type choice struct {
	Live   s3uri.Prefix `json:"live"`
	Backup s3uri.Prefix `json:"backup"`
	Of     reference    `json:"of"`
}

// verified says that the backup was compared, object by object, with what was live.
type verified struct {
	Backup  s3uri.Prefix `json:"backup"`
	As      reference    `json:"as"` // the backup's own inventory
	Objects int          `json:"objects"`
	Bytes   int64        `json:"bytes"`
	At      time.Time    `json:"at"`
}

// begun marks the beginning of a verb's effects.
type begun struct {
	At time.Time `json:"at"`
	// New is the inventory of what overwrites; restoring has none.
	New reference `json:"new,omitzero"`
}

// read decodes a record into v. written is when S3 has written it, by its own clock; zero if there is no such record.
func (r records) read(ctx context.Context, name string, v any) (written time.Time, err error) {
	there, err := r.state.Read(ctx, r.prefix+name, v)
	return there.Written, err
}

// create writes a record unless there is one, and reads back into v the one that there is then: the first writer wins.
func (r records) create(ctx context.Context, name string, v any) (written time.Time, err error) {
	there, err := r.state.Settle(ctx, r.prefix+name, v)
	return there.Written, err
}

// put writes a record whatever was there.
func (r records) put(ctx context.Context, name string, v any) error {
	_, err := r.state.Put(ctx, r.prefix+name, v)
	return err
}

// writeInventory stores an inventory beside the records.
func (r records) writeInventory(ctx context.Context, name string, inv s3copy.Inventory) (reference, error) {
	digest, err := inv.Write(ctx, r.objects, r.bucket, r.prefix+name)
	return reference{Inventory: "s3://" + r.bucket + "/" + r.prefix + name, Digest: digest}, err
}

// readInventory reads an inventory and makes sure that it is the one that was referred to.
func (r records) readInventory(ctx context.Context, ref reference) (s3copy.Inventory, error) {
	bucket, key, err := s3copy.ParseObject(ref.Inventory)
	if err != nil {
		return s3copy.Inventory{}, err
	}
	inv, digest, err := s3copy.Read(ctx, r.objects, bucket, key)
	if err == nil && digest != ref.Digest {
		err = fault.New(fault.BackupIncomplete, "%s is not what this run has written: another call has overwritten it; start a new run, which makes a new backup", ref.Inventory)
	}
	return inv, err
}
