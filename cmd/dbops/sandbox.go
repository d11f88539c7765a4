package main

import (
	"context"
	"fmt"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox"
)

type sandboxCommand struct {
	Port  int     `default:"4566" help:"The loopback port of all APIs; 0 picks one."`
	Speed float64 `default:"66" help:"How many times faster than real time waits pass."`
}

// Run keeps an account running until it is interrupted.
func (c sandboxCommand) Run(ctx context.Context) (err error) {
	if c.Speed < 1 || c.Speed > 1000 {
		return fmt.Errorf("speed %v; expected 1 to 1000", c.Speed)
	}
	started := time.Now()
	account, regions, log, err := startAccount(ctx, sandbox.Options{
		Clock: sandbox.NewPacedClock(started.Truncate(time.Second), c.Speed), Seed: 1, Port: c.Port,
	})
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
	fmt.Printf(usage, account.Endpoint, log, account.Endpoint, input, account.Endpoint, sandbox.AWSRegion, sandbox.AccountID, account.Environments["Staging"].DataBucket)
	<-ctx.Done()
	return nil
}

const usage = `The account is at %s, with new data of Pennsylvania and Delaware uploaded. Log: %s
Interrupt to stop it. In another terminal:

  export AWS_ACCESS_KEY_ID=operator AWS_SECRET_ACCESS_KEY=sandbox AWS_DEFAULT_REGION=us-east-1
  alias sandbox='aws --endpoint-url %s'
  cat > update.json <<'END'
%s
END

Start an update, follow it, look at what it does:

  machine=arn:aws:states:%[6]s:%[7]s:stateMachine:dbops-staging-update-regions
  sandbox stepfunctions start-execution --state-machine-arn $machine --name first --input file://update.json
  sandbox stepfunctions describe-execution --execution-arn ${machine/stateMachine/execution}:first
  sandbox stepfunctions get-execution-history --reverse-order --max-items 5 --execution-arn ${machine/stateMachine/execution}:first
  sandbox ecs list-tasks --cluster ecsStagingCluster
  sandbox logs filter-log-events --log-group-name logStagingApp --max-items 20

Or let an upload start it:

  sandbox s3 cp update.json s3://%[8]s/updates/first.json

Restart the service alone, or one action:

  sandbox stepfunctions start-execution --state-machine-arn ${machine/update-regions/restart-services} --input '{}'
  sandbox lambda invoke --function-name dbops-staging-survey-fleet --cli-binary-format raw-in-base64-out --payload '{}' /dev/stdout
`
