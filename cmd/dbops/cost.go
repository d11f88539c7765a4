package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/cost"
)

type costCommand struct {
	Speed float64 `default:"400" help:"How many times faster than real time waits pass."`
}

// Run carries out one update and one restart in the sandbox, and prints what each would have cost in AWS.
func (c costCommand) Run(ctx context.Context) error {
	update := func(ctx context.Context, a *sandbox.Account, regions []sandbox.Region) ([]byte, error) {
		updates, err := scenarios["update"].upload(ctx, a, regions, time.Now())
		if err != nil {
			return nil, err
		}
		return scenarios["update"].input(updates)
	}
	restart := func(context.Context, *sandbox.Account, []sandbox.Region) ([]byte, error) { return []byte("{}"), nil }
	if err := c.run(ctx, "update-regions", "one update of two regions (3,013 and 313 objects) in a service of three tasks", update); err != nil {
		return err
	}
	return c.run(ctx, "restart-services", "one restart of a service of three tasks", restart)
}

func (c costCommand) run(ctx context.Context, machine, about string, input func(context.Context, *sandbox.Account, []sandbox.Region) ([]byte, error)) error {
	account, regions, _, err := startAccount(ctx, sandbox.Options{Clock: sandbox.NewPacedClock(time.Now(), c.Speed), Seed: 1})
	if err != nil {
		return err
	}
	defer stopAccount(account)
	text, err := input(ctx, account, regions)
	if err != nil {
		return err
	}
	execution, err := account.StartExecution("dbops-staging-"+machine, "cost", text)
	if err != nil {
		return err
	}
	if r := execution.Wait(); r.Status != asl.Succeeded {
		return fmt.Errorf("%s ended %s: %s: %s", machine, r.Status, r.Error, r.Cause)
	}
	rows := cost.Table(account.Usage())
	fmt.Printf("%s: %s\n\n", machine, about)
	if err := cost.Write(os.Stdout, rows); err != nil {
		return err
	}
	fmt.Println()
	return nil
}
