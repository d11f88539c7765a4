// Package fleet works on the machines that serve DistrictBuilder: the Auto Scaling group, the ECS service on it, the
// service's tasks and their targets. Each verb is one action of the restart; every one may be repeated, and may have
// been cut off after its effect but before its answer.
package fleet

import (
	"context"
	"errors"
	"fmt"

	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
)

// The steps that a restart journals. Each but stepKeep has an action of the same name as its inverse; stepKeep protects
// the old tasks, without which lowering the count could take them.
const (
	stepFence   = "fence-group"
	stepGroup   = "scale-group"
	stepService = "scale-service"
	stepProtect = "protect-tasks"
	stepKeep    = "keep-old-tasks"
)

// Origin says which run a call belongs to.
type Origin struct {
	Run  string `json:"run,omitempty"`
	Undo bool   `json:"undo,omitempty"` // the call is the inverse that the run has journalled
}

func (o Origin) validate() error {
	if o.Run != "" {
		return journal.ValidRun(o.Run)
	}
	if o.Undo {
		return errors.New("undo needs run, the run whose step is undone")
	}
	return nil
}

// closer marks a step of a run as undone. Closing twice is no error.
type closer interface {
	Close(ctx context.Context, run, step string) error
}

// closeStep marks the steps as undone if this call was its inverse. It comes after the effect, so that an inverse
// which was cut off is carried out again.
func (o Origin) closeStep(ctx context.Context, j closer, steps ...string) error {
	if !o.Undo {
		return nil
	}
	for _, step := range steps {
		if err := j.Close(ctx, o.Run, step); err != nil {
			return fmt.Errorf("close %s of run %s: %w", step, o.Run, err)
		}
	}
	return nil
}
