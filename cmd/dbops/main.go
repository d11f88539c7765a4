// Command dbops runs DistrictBuilder's operations: for now in the sandbox, an AWS account on this machine.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type commands struct {
	Demo    demoCommand    `cmd:"" help:"Update two regions in a simulated account, and show what happens."`
	Cost    costCommand    `cmd:"" help:"What one update and one restart would cost in AWS, by what the sandbox counted."`
	Sandbox sandboxCommand `cmd:"" help:"Keep a simulated account running, for the aws command."`
}

// The exit statuses. 0 is a run that succeeded; any other error is 1.
const (
	exitFailedClean = 3 // everything is as it was before
	exitFailedDirty = 4 // something is left, or a promise was broken
)

// outcome is an end that has an exit status of its own.
type outcome struct {
	status int
	text   string
}

func (o outcome) Error() string { return o.text }

func main() {
	var c commands
	parser := kong.Parse(&c, kong.Name("dbops"), kong.UsageOnError(),
		kong.Description("DistrictBuilder's operations. Exit status: 0 succeeded, 3 failed and everything is as before, 4 failed and something is left, 1 any other error."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	parser.BindTo(ctx, (*context.Context)(nil))
	err := parser.Run()
	stop()
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "dbops:", err)
	var end outcome
	if errors.As(err, &end) {
		os.Exit(end.status)
	}
	os.Exit(1)
}
