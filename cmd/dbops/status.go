package main

import (
	"context"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/deployed"
	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
)

type statusCommand struct{ target }

// Run shows what goes on in the environment.
func (st statusCommand) Run(ctx context.Context, c *console) error {
	s, err := st.open(ctx, c)
	if err != nil {
		return err
	}
	store := journal.New(s.objects, s.environment.StateBucket, time.Now)
	status, err := deployed.Look(ctx, s.machines, store, s.environment)
	if err != nil {
		return err
	}
	c.print(status.Tell()...)
	return nil
}
