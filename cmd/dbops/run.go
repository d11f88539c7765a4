package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kong"
)

type commands struct {
	Update  updateCommand  `cmd:"" help:"Put new data live for the regions that a file names."`
	Restart restartCommand `cmd:"" help:"Replace every task by one that has loaded the data now live."`
	Follow  followCommand  `cmd:"" help:"Follow an execution until it ends."`
	Status  statusCommand  `cmd:"" help:"What runs, and who holds the lock."`
	Left    leftCommand    `cmd:"" help:"What a run has left behind, with the commands that set it right."`
	Demo    demoCommand    `cmd:"" help:"Update two regions in a simulated account, and show what happens."`
	Cost    costCommand    `cmd:"" help:"What one update and one restart would cost in AWS, by what the sandbox counted."`
	Sandbox sandboxCommand `cmd:"" help:"Keep a simulated account running, for the aws command and for the ones above."`
}

// The exit statuses. 0 is a run that succeeded.
const (
	exitError       = 1   // any error that has no status of its own
	exitUsage       = 2   // the command's flags or arguments are wrong; nothing was called
	exitFailedClean = 3   // everything is as it was before
	exitFailedDirty = 4   // something is left or may be, or a promise was broken
	exitInterrupted = 130 // following was stopped; the execution goes on
)

// outcome is an end that has an exit status of its own.
type outcome struct {
	status int
	text   string
}

func (o outcome) Error() string { return o.text }

const about = "DistrictBuilder's operations. Exit status: 0 succeeded, 3 failed and everything is as before, 4 failed and something is left, " +
	"2 wrong flags or arguments, 130 following was stopped, 1 any other error."

// run runs one command and returns its exit status.
func run(ctx context.Context, args []string, c *console) int {
	var all commands
	parser, err := kong.New(&all, kong.Name("dbops"), kong.Description(about), kong.Writers(c.out, c.errs))
	if err != nil {
		return c.fail(exitError, err) // the commands above are not well formed
	}
	command, err := parser.Parse(args)
	if err != nil {
		return c.fail(exitUsage, fmt.Errorf("%w; see dbops --help", err))
	}
	command.BindTo(ctx, (*context.Context)(nil))
	if err = command.Run(c); err == nil {
		return 0
	}
	var end outcome
	if errors.As(err, &end) {
		return c.fail(end.status, err)
	}
	return c.fail(exitError, err)
}
