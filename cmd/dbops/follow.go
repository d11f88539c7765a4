package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/deployed"
)

// pace is how an execution is followed.
type pace struct {
	Every time.Duration `default:"3s" help:"The pause between looks at the execution."`
}

type followCommand struct {
	target
	pace
	Execution string `arg:"" help:"The execution's ARN or name."`
}

// Run follows an execution that was started before.
func (f followCommand) Run(ctx context.Context, c *console) error {
	s, err := f.open(ctx, c)
	if err != nil {
		return err
	}
	arn, err := deployed.Resolve(ctx, s.machines, s.environment, f.Execution)
	if err != nil {
		return err
	}
	return s.follow(ctx, f.pace, arn)
}

// start starts an execution and follows it.
func (s *session) start(ctx context.Context, p pace, machine, name, input string) error {
	arn, err := deployed.Start(ctx, s.machines, s.environment, machine, name, input)
	if err != nil {
		return err
	}
	s.console.print(fmt.Sprintf("%s %s started: %s", s.Env, machine, name), "  "+arn, "  dashboard: "+s.environment.Dashboard, "")
	return s.follow(ctx, p, arn)
}

// follow shows an execution until it ends. Its error is the exit status.
func (s *session) follow(ctx context.Context, p pace, arn string) error {
	f := deployed.Follower{Executions: s.machines, Show: s.show, Now: time.Now, Wait: wait, Every: p.Every}
	end, err := f.Follow(ctx, arn)
	if err != nil {
		on := "\nThe execution goes on. To follow it again:\n  " + s.again("follow", arn)
		if errors.Is(err, context.Canceled) {
			return outcome{exitInterrupted, "stopped following." + on}
		}
		return fmt.Errorf("follow: %w%s", err, on)
	}
	s.console.print("")
	s.console.print(s.caller().Tell(end)...)
	switch end.Outcome() {
	case deployed.Succeeded:
		return nil
	case deployed.FailedClean:
		return outcome{exitFailedClean, "the run failed clean: everything is as it was before"}
	case deployed.FailedDirty:
		return outcome{exitFailedDirty, "the run failed and has left something: see above"}
	}
	if left, err := deployed.List(ctx, s.functions, s.environment, end.Run); err != nil {
		s.console.print("", err.Error())
	} else {
		s.console.print(append([]string{""}, s.caller().TellLeft(left)...)...)
	}
	return outcome{exitFailedDirty, fmt.Sprintf("the run ended %s. Functions that were at work may go on for 15 minutes: then look again\n  %s", end.Status, s.again("left", end.Run))}
}

// show writes a line of an execution's story, in the operator's own time.
func (s *session) show(l deployed.Line) {
	s.console.print(l.At.Local().Format(time.TimeOnly) + strings.Repeat("  ", l.Depth+1) + l.Text)
}
