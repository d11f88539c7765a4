package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

// finished is the mark of a run that has ended, and of a dead run whose lock was taken over.
type finished struct {
	Run     string    `json:"run"`
	Outcome string    `json:"outcome"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
}

// closed is the mark that an entry's inverse has been carried out, or is no longer wanted.
type closed struct {
	Step string    `json:"step"`
	At   time.Time `json:"at"`
}

// Record writes an undo entry. It must have returned before the step's effect begins.
// An open entry of the same step is kept: the first writer saw the values from before the effect.
// An entry that was closed is written anew, because another effect is about to follow.
// It fails when the run has ended: a run that has ended has no more effects.
func (s *Store) Record(ctx context.Context, run string, e Entry) error {
	if err := validEntry(run, e); err != nil {
		return err
	}
	if err := s.refuseEnded(ctx, run, e.Step); err != nil {
		return err
	}
	if err := s.record(ctx, run, e); err != nil {
		return fmt.Errorf("record %s of run %s: %w", e.Step, run, err)
	}
	// The run may have been ended between the look and the write, by a person or by a run that took its lock over.
	// Then the step is not carried out. Its entry may stay open, which is seen and harmless: the inverse sets what is.
	return s.refuseEnded(ctx, run, e.Step)
}

func validEntry(run string, e Entry) error {
	if err := ValidRun(run); err != nil {
		return err
	}
	switch {
	case e.Step == "":
		return errors.New("an undo entry needs a step")
	case e.Action == "":
		return fmt.Errorf("undo entry %s needs an action", e.Step)
	case len(e.Input) == 0:
		return fmt.Errorf("undo entry %s needs the action's input", e.Step)
	}
	return nil
}

// ended returns the mark of a run that has ended. A run that goes on has a zero mark.
func (s *Store) ended(ctx context.Context, run string) (f finished, err error) {
	if _, err = s.read(ctx, finishedKey(run), &f); err != nil {
		err = fmt.Errorf("see whether run %s has ended: %w", run, err)
	}
	return f, err
}

// end marks a run as ended, unless it is marked already.
func (s *Store) end(ctx context.Context, mark finished) error {
	created, err := s.records.Create(ctx, finishedKey(mark.Run), mark)
	if err == nil && !created {
		_, err = s.records.Confirm(ctx, finishedKey(mark.Run), &finished{})
	}
	if err != nil {
		return fmt.Errorf("end run %s: %w", mark.Run, err)
	}
	return nil
}

func (s *Store) refuseEnded(ctx context.Context, run, step string) error {
	f, err := s.ended(ctx, run)
	if err == nil && f.Run != "" {
		return fmt.Errorf("%s is not carried out: run %s ended at %s (%s)", step, run, stamp(f.At), f.Outcome)
	}
	return err
}

func (s *Store) record(ctx context.Context, run string, e Entry) error {
	key, markKey := entryKey(run, e.Step), closedKey(run, e.Step)
	created, err := s.records.Create(ctx, key, e)
	if err != nil || created {
		return err
	}
	var mark closed
	markTag, err := s.read(ctx, markKey, &mark)
	if err != nil {
		return err
	}
	if markTag == "" {
		_, err = s.records.Confirm(ctx, key, &Entry{})
		return err
	}
	// First the new values, then the mark away: cut off in between, the repeated call does both again.
	if err := s.put(ctx, key, e); err != nil {
		return err
	}
	if removed, err := s.remove(ctx, markKey, markTag); err != nil || removed {
		return err
	}
	if markTag, err = s.read(ctx, markKey, &mark); err == nil && markTag != "" {
		return fault.New(fault.Unavailable, "s3://%s/%s is being written by someone else", s.bucket, markKey)
	}
	return err
}

// Close marks a step's entry as no longer needed. Closing again, or a step without an entry, is no error.
func (s *Store) Close(ctx context.Context, run, step string) error {
	if err := ValidRun(run); err != nil {
		return err
	}
	var e Entry
	etag, err := s.read(ctx, entryKey(run, step), &e)
	if err != nil || etag == "" { // a mark without an entry would hide one that is recorded later
		return err
	}
	if err := s.put(ctx, closedKey(run, step), closed{Step: step, At: s.moment()}); err != nil {
		return fmt.Errorf("close %s of run %s: %w", step, run, err)
	}
	return nil
}

// moment is the time as it is written: UTC, milliseconds.
func (s *Store) moment() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// stamp writes a time as every action does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
