package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox"
)

type sandboxCommand struct {
	Port  int     `default:"4566" help:"The loopback port of all APIs; 0 picks one."`
	Speed float64 `default:"66" help:"How many times faster than real time waits pass."`
}

// Validate implements kong's check of flags.
func (c sandboxCommand) Validate() error { return validSpeed(c.Speed) }

// Run keeps an account running until it is interrupted.
func (c sandboxCommand) Run(ctx context.Context, con *console) error { return c.run(ctx, con, seeds) }

func (c sandboxCommand) run(ctx context.Context, con *console, seeds []sandbox.Seed) (err error) {
	started := time.Now()
	clock, ready := setUpClock(started, c.Speed)
	defer ready()
	account, regions, log, err := startAccount(ctx, sandbox.Options{Clock: clock, Seed: 1, Port: c.Port}, seeds)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := stopAccount(account); err == nil {
			err = closeErr
		}
	}()
	updates, err := scenarios["update"].upload(ctx, account, regions, started)
	if err != nil {
		return err
	}
	input, err := scenarios["update"].input(updates)
	if err != nil {
		return err
	}
	ready()
	fmt.Fprintf(con.out, usage, account.Endpoint, log, input, sandbox.AWSRegion, sandbox.AccountID, account.Environments["Staging"].DataBucket, os.Args[0])
	<-ctx.Done()
	return nil
}

// usage takes the endpoint, the log, an update, region and account, the data bucket, and this command.
const usage = `The account is at %[1]s, with new data of Pennsylvania and Delaware uploaded. Log: %[2]s
Interrupt to stop it. In another terminal:

  export AWS_ACCESS_KEY_ID=operator AWS_SECRET_ACCESS_KEY=sandbox AWS_DEFAULT_REGION=%[4]s
  cat > update.json <<'END'
%[3]s
END

Look at the plan, update, restart, see what runs, and what an aborted run has left:

  %[7]s update --endpoint-url %[1]s --file update.json --dry-run
  %[7]s update --endpoint-url %[1]s --file update.json
  %[7]s restart --endpoint-url %[1]s --reason "to see it"
  %[7]s status --endpoint-url %[1]s
  %[7]s left --endpoint-url %[1]s <run>

The same with the aws command:

  alias sandbox='aws --endpoint-url %[1]s'
  machine=arn:aws:states:%[4]s:%[5]s:stateMachine:dbops-staging-update-regions
  sandbox stepfunctions start-execution --state-machine-arn $machine --name first --input file://update.json
  sandbox stepfunctions describe-execution --execution-arn ${machine/stateMachine/execution}:first
  sandbox stepfunctions get-execution-history --reverse-order --max-items 5 --execution-arn ${machine/stateMachine/execution}:first
  sandbox stepfunctions start-execution --state-machine-arn ${machine/update-regions/restart-services} --input '{}'
  sandbox ecs list-tasks --cluster ecsStagingCluster
  sandbox logs filter-log-events --log-group-name logStagingApp --max-items 20

Or let an upload start an update:

  sandbox s3 cp update.json s3://%[6]s/updates/first.json

One action alone:

  printf %%s '{}' | sandbox lambda invoke --function-name dbops-staging-survey-fleet --payload fileb:///dev/stdin /dev/stdout
`
