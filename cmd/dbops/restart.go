package main

import (
	"context"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/deployed"
)

type restartCommand struct {
	target
	pace
	Reason string `help:"Why, for whoever finds the environment locked."`
	Yes    bool   `help:"Start in production without asking."`
}

// Run starts restart-services and follows it.
func (r restartCommand) Run(ctx context.Context, c *console) error {
	input, err := deployed.RestartInput(r.Reason)
	if err != nil {
		return outcome{exitUsage, err.Error()}
	}
	s, err := r.open(ctx, c)
	if err != nil {
		return err
	}
	if !r.Yes {
		if err := c.confirm(ctx, r.Env, deployed.RestartServices+" replaces every task"); err != nil {
			return err
		}
	}
	return s.start(ctx, r.pace, deployed.RestartServices, deployed.RestartName(time.Now()), input)
}
