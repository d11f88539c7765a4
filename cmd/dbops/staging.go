package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/regiongen"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox"
)

// seeds are staging's regions. Vermont is hidden, which tasks load nevertheless; the old Delaware is archived, and shares
// its region code with the live one.
var seeds = []sandbox.Seed{
	{Name: "Pennsylvania", Code: "PA", Maps: 48, Data: regiongen.Options{State: "42", Counties: 24, BlockGroups: 8, Blocks: 10, Tiles: 3000, TopoBytes: 8 << 20, Seed: 42}},
	{Name: "Delaware", Code: "DE", Maps: 7, Data: regiongen.Options{State: "10", Counties: 3, BlockGroups: 12, Blocks: 10, Tiles: 300, TopoBytes: 4 << 20, Seed: 10}},
	{Name: "Rhode Island", Code: "RI", Maps: 12, Data: regiongen.Options{State: "44", Counties: 5, BlockGroups: 10, Blocks: 10, Tiles: 300, TopoBytes: 6 << 20, Seed: 44}},
	{Name: "Vermont", Code: "VT", Maps: 3, Hidden: true, Data: regiongen.Options{State: "50", Counties: 14, BlockGroups: 5, Blocks: 8, Tiles: 200, TopoBytes: 5 << 20, Seed: 50}},
	{Name: "Delaware", Code: "DE", Maps: 1, Archived: true, Data: regiongen.Options{State: "10", Tiles: 5, Seed: 9}},
}

// usualTasks is staging's steady number of tasks; a restart raises it to 7.
const usualTasks = 3

// setUpClock returns a clock that runs speed times faster than real time once ready is called. Until then it shows real
// time: what comes by the clock, such as a schedule or a task that looks at the rows, must not find half an account.
func setUpClock(start time.Time, speed float64) (clock *sandbox.PacedClock, ready func()) {
	clock = sandbox.NewPacedClock(start.Truncate(time.Second), speed)
	return clock, sync.OnceFunc(clock.Busy())
}

// startAccount starts the sandbox with its files in a new directory, in which the log is too, and loads staging.
func startAccount(ctx context.Context, o sandbox.Options, seeds []sandbox.Seed) (_ *sandbox.Account, regions []sandbox.Region, log string, err error) {
	dir, err := os.MkdirTemp("", "dbops-")
	if err != nil {
		return nil, nil, "", err
	}
	log = filepath.Join(dir, "dbops.log")
	file, err := os.Create(log)
	if err != nil {
		return nil, nil, "", err
	}
	if o.Dir, err = sandbox.MakeScratch(dir); err != nil {
		return nil, nil, log, err
	}
	o.Usual = usualTasks
	o.Log = slog.New(slog.NewJSONHandler(file, nil))
	account, err := sandbox.Start(ctx, o)
	if err != nil {
		return nil, nil, log, fmt.Errorf("start the sandbox (log: %s): %w", log, err)
	}
	regions, err = account.Load(ctx, account.Environments["Staging"], seeds...)
	if err != nil {
		return nil, nil, log, errors.Join(fmt.Errorf("load staging: %w", err), account.Close())
	}
	return account, regions, log, nil
}

// stopAccount stops the account and removes its files, but not the log.
func stopAccount(account *sandbox.Account) error {
	return errors.Join(account.Close(), os.RemoveAll(filepath.Join(account.Dir(), "s3")), removeIfEmpty(account.Dir()))
}

func removeIfEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		return err
	}
	return os.Remove(dir)
}

// newData is where the next data of a region is uploaded.
func newData(account *sandbox.Account, r sandbox.Region, at time.Time) sandbox.Update {
	return sandbox.Update{URI: r.URI, Source: account.Environments["Staging"].NewURI("new", r.Code, at)}
}
