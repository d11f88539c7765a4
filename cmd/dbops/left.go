package main

import (
	"context"
	"fmt"

	"github.com/publicmapping/districtbuilder-ops/internal/deployed"
)

type leftCommand struct {
	target
	Which string `arg:"" name:"run" help:"The run: its execution's name or ARN."`
}

// Run lists what a run has left.
func (l leftCommand) Run(ctx context.Context, c *console) error {
	s, err := l.open(ctx, c)
	if err != nil {
		return err
	}
	left, err := deployed.List(ctx, s.functions, s.environment, deployed.RunName(l.Which))
	if err != nil {
		return err
	}
	c.print(s.caller().TellLeft(left)...)
	if len(left.Left) > 0 {
		return outcome{exitFailedDirty, fmt.Sprintf("run %s has left something", left.Run)}
	}
	return nil
}
