package sandbox

import (
	"fmt"
	"net/http"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
	"github.com/publicmapping/districtbuilder-ops/lambdas"
	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// functionTimeout is the longest that Lambda allows.
const functionTimeout = 15 * time.Minute

// deploy makes each environment's functions and state machines.
func (a *Account) deploy() error {
	staging, production := a.Environments["Staging"], a.Environments["Production"]
	for e, other := range map[*Environment]*Environment{staging: production, production: staging} {
		substitutions := map[string]string{}
		for action, build := range lambdas.Actions {
			name := e.Prefix() + action
			a.functions[name] = &Function{Name: name, Build: build, Settings: a.settings(e, other), Timeout: functionTimeout}
			substitutions[statemachines.Placeholder(action)] = fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", AWSRegion, AccountID, name)
		}
		for _, machine := range statemachines.Names() {
			substitutions[statemachines.Placeholder(machine)] = machineARN(e.Prefix() + machine)
		}
		for _, machine := range statemachines.Names() {
			if err := a.deployMachine(e.Prefix()+machine, machine, substitutions); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *Account) deployMachine(name, file string, substitutions map[string]string) error {
	text, err := statemachines.Text(file)
	if err != nil {
		return err
	}
	if text, err = asl.Substitute(text, substitutions); err != nil {
		return fmt.Errorf("state machine %s: %w", file, err)
	}
	machine, err := asl.Parse(name, text)
	if err != nil {
		return fmt.Errorf("state machine %s: %w", file, err)
	}
	a.machines[name] = machine
	return nil
}

// route says which handler serves which service, by the name that requests are signed for.
func (a *Account) route() {
	fleet := fleetsim.Mux(a.Environments["Staging"].Fleet, a.Environments["Production"].Fleet)
	a.services = map[string]http.Handler{
		"s3": a.Front, "states": a.stateOperations(), "lambda": http.HandlerFunc(a.invokeHTTP),
		"ecs": fleet, "autoscaling": fleet, "elasticloadbalancing": fleet, "logs": fleet, "monitoring": fleet,
		"sns": &a.topics, "secretsmanager": a.secretOperations(), "sts": http.HandlerFunc(a.identity),
	}
}
