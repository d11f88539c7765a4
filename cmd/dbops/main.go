// Command dbops runs DistrictBuilder's operations: it starts and follows the state machines of a deployed environment,
// says what they left, and runs all of it in the sandbox, an AWS account on this machine.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], &console{in: os.Stdin, out: os.Stdout, errs: os.Stderr})
	stop()
	os.Exit(status)
}
