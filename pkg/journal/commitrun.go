package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// CommitRun passes the point of no return: from here a run is completed, not undone.
type CommitRun struct {
	Store *Store
}

// CommitRunInput says what is still to be done, and which inverses are not wanted any more.
type CommitRunInput struct {
	Run string `json:"run"`
	// Forget is the action whose open entries are closed: to carry it out would now undo what works.
	Forget string `json:"forget"`
	// Step, Left, Action and Input are the entry for what is still to be done.
	Step   string          `json:"step"`
	Left   string          `json:"left"`
	Action string          `json:"action"`
	Input  json.RawMessage `json:"input"`
}

// Validate implements lambdarun.Validator.
func (in CommitRunInput) Validate() error {
	if in.Forget == "" || in.Step == "" || in.Left == "" || in.Action == "" || len(in.Input) == 0 {
		return errors.New("expected forget, step, left, action and input")
	}
	return ValidRun(in.Run)
}

// CommitRunOutput counts the entries that were closed by this call.
type CommitRunOutput struct {
	Forgotten int `json:"forgotten"`
}

// Run answers commit-run. What is to be done is written before what is to be undone is closed: cut off between the
// two, list-left shows both, and a repeated call closes the rest.
func (v CommitRun) Run(ctx context.Context, in CommitRunInput) (CommitRunOutput, error) {
	e := Entry{Step: in.Step, Left: in.Left, Action: in.Action, Input: in.Input, Forward: true, At: v.Store.moment()}
	if err := v.Store.Record(ctx, in.Run, e); err != nil {
		return CommitRunOutput{}, err
	}
	open, err := v.Store.Open(ctx, in.Run)
	if err != nil {
		return CommitRunOutput{}, fmt.Errorf("commit run %s: %w", in.Run, err)
	}
	out := CommitRunOutput{}
	for _, o := range open {
		if o.Action != in.Forget {
			continue
		}
		if err := v.Store.Close(ctx, in.Run, o.Step); err != nil {
			return out, fmt.Errorf("commit run %s: %w", in.Run, err)
		}
		out.Forgotten++
	}
	return out, nil
}
