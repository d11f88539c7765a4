package main

import (
	"context"
	"fmt"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/cost"
)

type costCommand struct {
	Speed float64 `default:"400" help:"How many times faster than real time waits pass."`
}

// Validate implements kong's check of flags.
func (c costCommand) Validate() error { return validSpeed(c.Speed) }

// Run carries out one update and one restart in the sandbox, and prints what each would have cost in AWS.
func (c costCommand) Run(ctx context.Context, con *console) error {
	update := func(ctx context.Context, a *sandbox.Account, regions []sandbox.Region) ([]byte, error) {
		updates, err := scenarios["update"].upload(ctx, a, regions, time.Now())
		if err != nil {
			return nil, err
		}
		return scenarios["update"].input(updates)
	}
	restart := func(context.Context, *sandbox.Account, []sandbox.Region) ([]byte, error) { return []byte("{}"), nil }
	if err := c.run(ctx, con, "update-regions", "one update of two regions (3,013 and 313 objects) in a service of three tasks", update); err != nil {
		return err
	}
	return c.run(ctx, con, "restart-services", "one restart of a service of three tasks", restart)
}

func (c costCommand) run(ctx context.Context, con *console, machine, about string, input func(context.Context, *sandbox.Account, []sandbox.Region) ([]byte, error)) error {
	clock, ready := setUpClock(time.Now(), c.Speed)
	defer ready()
	account, regions, _, err := startAccount(ctx, sandbox.Options{Clock: clock, Seed: 1}, seeds)
	if err != nil {
		return err
	}
	defer stopAccount(account)
	text, err := input(ctx, account, regions)
	if err != nil {
		return err
	}
	ready()
	execution, err := account.StartExecution("dbops-staging-"+machine, "cost", text)
	if err != nil {
		return err
	}
	if r := execution.Wait(); r.Status != asl.Succeeded {
		return fmt.Errorf("%s ended %s: %s: %s", machine, r.Status, r.Error, r.Cause)
	}
	rows := cost.Table(account.Usage())
	fmt.Fprintf(con.out, "%s: %s\n\n", machine, about)
	if err := cost.Write(con.out, rows); err != nil {
		return err
	}
	fmt.Fprintln(con.out)
	return nil
}
