package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/internal/deployed"
)

// confirm asks for production's name before something is started there. Other environments are not asked about.
func (c *console) confirm(ctx context.Context, environment, what string) error {
	if environment != deployed.Production {
		return nil
	}
	fmt.Fprintf(c.out, "%s in %s. Type the environment's name to go on: ", printable(what), environment)
	typed := make(chan string, 1)
	go func() { // a read cannot be interrupted
		line, _ := bufio.NewReader(c.in).ReadString('\n')
		typed <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(c.out)
		return outcome{exitInterrupted, "interrupted; nothing was started"}
	case line := <-typed:
		if line != environment {
			return outcome{exitUsage, fmt.Sprintf("not started: expected %q (or --yes), got %q", environment, line)}
		}
	}
	return nil
}
