// Package journal keeps the state of a run in S3: the environment's lock and the undo journal.
// Both are objects written with conditions (If-None-Match, If-Match), so that of two writers exactly one wins.
package journal

import (
	"encoding/json"
	"time"
)

// Entry is one undo entry: what a step is about to change, and the inverse with the values observed before the step.
// It is written before the step's effect. The first writer wins: a repeated step must not record values
// that its own first attempt has changed.
type Entry struct {
	// Step names the entry within the run: "scale-service", "overwrite-region/<id>".
	Step string `json:"step"`
	// Left says in plain words what stays behind while the entry is open.
	Left string `json:"left"`
	// Action and Input are the inverse: an action and its whole input. They may be repeated.
	Action string          `json:"action"`
	Input  json.RawMessage `json:"input"`
	// Forward says that the entry completes the run rather than undoing a step. The end of the run closes it.
	Forward bool `json:"forward,omitempty"`
	// At is when the values were observed.
	At time.Time `json:"at"`
}
