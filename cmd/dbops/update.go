package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/deployed"
)

type updateCommand struct {
	target
	pace
	File   string `required:"" help:"The update: what uploads hold, {\"regions\": [{\"uri\": …, \"source\": …}], \"reason\": …}."`
	DryRun bool   `help:"Only check, and show the plan; nothing is changed."`
	Yes    bool   `help:"Start in production without asking."`
}

// Run checks the file, starts update-regions with it, and follows it.
func (u updateCommand) Run(ctx context.Context, c *console) error {
	text, err := os.ReadFile(u.File)
	if err != nil {
		return outcome{exitUsage, err.Error()}
	}
	update, err := deployed.ReadUpdate(text, u.DryRun)
	if err != nil {
		return outcome{exitUsage, fmt.Sprintf("%s: %v. Nothing was called", u.File, err)}
	}
	s, err := u.open(ctx, c)
	if err != nil {
		return err
	}
	if !update.DryRun && !u.Yes {
		if err := c.confirm(ctx, u.Env, fmt.Sprintf("%s overwrites the data of %d regions", deployed.UpdateRegions, len(update.URIs))); err != nil {
			return err
		}
	}
	return s.start(ctx, u.pace, deployed.UpdateRegions, update.Name(time.Now()), update.Input)
}
