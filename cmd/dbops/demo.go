package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox"
)

type demoCommand struct {
	Scenario string  `default:"update" help:"update, dry-run, bad-data or bad-topology."`
	Speed    float64 `default:"66" help:"How many times faster than real time waits pass: at 66 a load of 22 minutes takes 20 seconds."`
}

// Validate implements kong's check of flags.
func (c demoCommand) Validate() error {
	if _, ok := scenarios[c.Scenario]; !ok {
		return fmt.Errorf("--scenario %q; expected one of %s", c.Scenario, scenarioNames())
	}
	return validSpeed(c.Speed)
}

func validSpeed(speed float64) error {
	if speed < 1 || speed > 1000 {
		return fmt.Errorf("--speed %v; expected 1 to 1000", speed)
	}
	return nil
}

// Run shows the scenario and checks its end.
func (c demoCommand) Run(ctx context.Context, con *console) error {
	d := &demo{name: c.Scenario, scenario: scenarios[c.Scenario], speed: c.Speed, seeds: seeds, screen: newScreen(con.out)}
	return d.run(ctx)
}

// demo is one demonstration.
type demo struct {
	name     string
	scenario scenario
	speed    float64 // how many times faster than real time waits pass
	seeds    []sandbox.Seed
	screen   *screen
	account  *sandbox.Account
	regions  []sandbox.Region

	mu     sync.Mutex
	broken []string // promises that did not hold at some moment
}

func (d *demo) run(ctx context.Context) (err error) {
	d.screen.print("update-regions on a simulated account: " + d.scenario.about)
	started := time.Now()
	clock, ready := setUpClock(started, d.speed)
	defer ready()
	account, regions, log, err := startAccount(ctx, sandbox.Options{Clock: clock, Seed: 1, OnEvent: d.onEvent}, d.seeds)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := stopAccount(account); err == nil {
			err = closeErr
		}
	}()
	d.account, d.regions = account, regions
	updates, err := d.scenario.upload(ctx, account, regions, started)
	if err != nil {
		return err
	}
	d.screen.account(account, regions, log, time.Since(started))
	audit, err := account.NewAudit(ctx, d.staging(), updates...)
	if err != nil {
		return err
	}
	input, err := d.scenario.input(updates)
	if err != nil {
		return err
	}
	ready()
	d.screen.print("start dbops-staging-update-regions with", string(input), "")
	execution, err := account.StartExecution("dbops-staging-update-regions", "demo-"+d.name, input)
	if err != nil {
		return err
	}
	d.follow(ctx, audit, execution)
	return d.report(ctx, audit, updates, execution)
}

func (d *demo) staging() *sandbox.Environment { return d.account.Environments["Staging"] }

// onEvent shows each state as it is entered.
func (d *demo) onEvent(e *sandbox.Execution, event asl.Event) {
	if strings.HasSuffix(event.Type, "StateEntered") && d.account != nil {
		d.screen.entered(e, event, d.account.Now())
	}
}

// follow shows the fleet until the execution ends, and looks each second whether the promises hold.
func (d *demo) follow(ctx context.Context, audit *sandbox.Audit, execution *sandbox.Execution) {
	ended := make(chan struct{})
	go func() {
		execution.Wait()
		close(ended)
	}()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		d.staging().Fleet.Advance(d.account.Now())
		d.screen.fleet(d.staging().Fleet.Snapshot(), audit)
		select {
		case <-ended:
			d.screen.clear()
			return
		case <-ctx.Done():
			execution.Stop("Interrupted", "dbops was interrupted")
		case <-tick.C:
			if n%10 == 0 {
				d.check(ctx, audit)
			}
		}
	}
}

func (d *demo) check(ctx context.Context, audit *sandbox.Audit) {
	broken, err := audit.Check(ctx)
	if err != nil {
		broken = []string{"could not look: " + err.Error()}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken = append(d.broken, broken...)
}
