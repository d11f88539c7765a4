// Package regioncopy backs a region's data up, overwrites it, and puts it back: the verbs that change a region's files on S3.
//
// What a run knows of a region lies in the state bucket under runs/<run>/regions/<id>/:
//
//	live-inventory.json.gz    what was live when the backup began
//	backup.json               where the backup goes; written once, so that a repeated call goes on with the same backup
//	backup-inventory.json.gz  the backup as it was when it was found equal to the live data
//	verified.json             that it was; nothing is overwritten without this
//	overwrite.json            that overwriting has begun, and with what; nothing was written to the live prefix before
//	busy.json                 until when a call that overwrites may be writing; putting back waits for that
//	restore.json              that putting back has begun; no call that overwrites begins afterwards
//
// A call that overwrites writes overwrite.json and busy.json, and then looks for restore.json; one that puts back writes
// restore.json, and then looks for the others. Whichever comes second, one of the two sees the other.
//
// So at every moment either the live prefix or a verified backup is the complete data from before the run.
package regioncopy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// Region is what these verbs need to know of a region. Other fields that a region has elsewhere are ignored.
type Region struct {
	ID     string       `json:"id"`
	URI    s3uri.Prefix `json:"uri"`    // of the live data
	Source s3uri.Prefix `json:"source"` // of the new data; may be absent
}

// UnmarshalJSON ignores fields that it does not know, which the strict decoding of an action's input would refuse.
func (r *Region) UnmarshalJSON(b []byte) error {
	type plain Region // without this method
	return json.Unmarshal(b, (*plain)(r))
}

// MarshalJSON leaves an absent source out.
func (r Region) MarshalJSON() ([]byte, error) {
	out := map[string]string{"id": r.ID, "uri": r.URI.String()}
	if r.Source != (s3uri.Prefix{}) {
		out["source"] = r.Source.String()
	}
	return json.Marshal(out)
}

// step names the journal entry of an overwrite.
func (r Region) step() string { return "overwrite-region/" + r.ID }

func (r Region) validate(run string) error {
	if err := journal.ValidRun(run); err != nil {
		return err
	}
	switch {
	case r.ID == "":
		return errors.New("region.id is missing")
	case strings.ContainsAny(r.ID, "/ ") || strings.Trim(r.ID, ".") == "":
		return fmt.Errorf("region.id %q: expected the id of a row of region_config", r.ID)
	case r.URI == (s3uri.Prefix{}):
		return errors.New("region.uri is missing")
	}
	return nil
}

// validBackup checks that a backup lies neither in the region nor around it.
func (r Region) validBackup(backup s3uri.Prefix) error {
	switch {
	case backup == (s3uri.Prefix{}):
		return errors.New("backup is missing")
	case backup.Within(r.URI) || r.URI.Within(backup):
		return fmt.Errorf("backup %s: lies inside or around the region %s; expected a sibling", backup, r.URI)
	}
	return nil
}

// undoLog is the journal, as far as these verbs write it.
type undoLog interface {
	Record(ctx context.Context, run string, e journal.Entry) error
	Close(ctx context.Context, run, step string) error
}

// Progress is what overwriting and restoring answer. Done is false when the function's deadline came first, or when the call
// could not begin yet, which Why explains: the next call goes on.
type Progress struct {
	ID          string `json:"id"`
	Objects     int    `json:"objects"` // that the live prefix has when this is done; 0 if restoring found nothing overwritten
	Bytes       int64  `json:"bytes"`
	Copied      int    `json:"copied"`      // by this call
	CopiedBytes int64  `json:"copiedBytes"` // by this call
	Removed     int    `json:"removed"`     // by this call
	Done        bool   `json:"done"`
	Why         string `json:"why,omitempty"`
}
