package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Left is one thing that a run left behind, and what to do about it.
type Left struct {
	Step string `json:"step"`
	Left string `json:"left"`
	// Command is a complete shell command that undoes it and closes the entry. It may be repeated,
	// and must be while its answer says "done":false.
	Command string `json:"command"`
}

// Functions are those of an environment, as commands name them.
type Functions struct {
	Region string // of AWS
	Prefix string // begins their names: "dbops-staging-"
}

// left describes the open entries.
func (f Functions) left(entries []Entry) []Left {
	things := make([]Left, len(entries))
	for i, e := range entries {
		things[i] = Left{Step: e.Step, Left: e.Left, Command: f.command(e.Action, e.Input)}
	}
	return things
}

// command invokes a function by hand. Without the read timeout the AWS command would send a long call again
// after a minute. The payload comes by standard input: on the command line version 1 of the AWS command takes it as it
// is, and version 2 for Base64.
func (f Functions) command(action string, payload json.RawMessage) string {
	return fmt.Sprintf("printf %%s %s | aws lambda invoke --profile district-builder --region %s --function-name %s"+
		" --cli-read-timeout 0 --payload fileb:///dev/stdin /dev/stdout",
		quote(string(payload)), f.Region, quote(f.Prefix+action))
}

// quote makes text one word of a POSIX shell.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// describe lists what is left in plain text, at most about limit bytes.
func describe(things []Left, limit int) string {
	var b strings.Builder
	for i, l := range things {
		item := fmt.Sprintf("\n%d. %s: %s\n   undo: %s", i+1, l.Step, l.Left, l.Command)
		if b.Len()+len(item) > limit {
			fmt.Fprintf(&b, "\nand %d more", len(things)-i)
			break
		}
		b.WriteString(item)
	}
	return b.String()
}

// ListLeft lists what a run left behind.
type ListLeft struct {
	Store     *Store
	Functions Functions
}

// ListLeftInput names the run.
type ListLeftInput struct {
	Run string `json:"run"`
	// Lock asks for the environment's lock too, if it is the run's.
	Lock bool `json:"lock,omitempty"`
}

// Validate implements lambdarun.Validator.
func (in ListLeftInput) Validate() error { return ValidRun(in.Run) }

// ListLeftOutput holds what is left, in the order in which to set it right: the open entries, newest first, then the lock.
type ListLeftOutput struct {
	Run  string `json:"run"`
	Left []Left `json:"left"`
	// More counts the things that did not fit; they appear as the first ones are undone.
	More int `json:"more,omitempty"`
}

// listLimit keeps the answer well under lambdarun.MaxOutput: 32 KiB.
const listLimit = 24 << 10

// Run answers list-left. A run that is not known has left nothing.
func (v ListLeft) Run(ctx context.Context, in ListLeftInput) (ListLeftOutput, error) {
	entries, err := v.Store.Open(ctx, in.Run)
	if err != nil {
		return ListLeftOutput{}, fmt.Errorf("list what run %s left: %w", in.Run, err)
	}
	if in.Lock {
		if entries, err = v.withLock(ctx, in, entries); err != nil {
			return ListLeftOutput{}, err
		}
	}
	things := v.Functions.left(entries)
	fit, err := fitting(things)
	return ListLeftOutput{Run: in.Run, Left: things[:fit], More: len(things) - fit}, err
}

// withLock appends the run's lock. Releasing it is the last command: it keeps the lock while entries are
// open, except when the run is to be completed: then it closes them.
func (v ListLeft) withLock(ctx context.Context, in ListLeftInput, entries []Entry) ([]Entry, error) {
	var there lock
	if _, err := v.Store.read(ctx, lockKey, &there); err != nil {
		return nil, fmt.Errorf("see whether run %s holds the lock: %w", in.Run, err)
	}
	if there.Run != in.Run {
		return entries, nil
	}
	release := ReleaseLockInput{Owner: there.Owner, Run: in.Run, Outcome: "set right by hand"}
	if slices.ContainsFunc(entries, func(e Entry) bool { return e.Forward }) {
		release.Outcome = Succeeded
	}
	input, err := json.Marshal(release)
	if err != nil {
		return nil, fmt.Errorf("encode the release of the lock: %w", err)
	}
	why := "the environment stays locked, so that no other run begins before the rest is set right"
	return append(entries, Entry{Step: "lock", Left: why, Action: "release-lock", Input: input}), nil
}

// fitting counts the things that an answer can hold.
func fitting(things []Left) (int, error) {
	size := 0
	for i, thing := range things {
		encoded, err := json.Marshal(thing)
		if err != nil {
			return 0, fmt.Errorf("encode what is left of %s: %w", thing.Step, err)
		}
		if size += len(encoded) + 1; size > listLimit {
			return i, nil
		}
	}
	return len(things), nil
}
