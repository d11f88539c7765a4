package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
	"github.com/publicmapping/districtbuilder-ops/lambdas"
	"github.com/publicmapping/districtbuilder-ops/stack/template"
	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// deploy makes an environment's functions and state machines as its template describes them: what would be deployed
// to AWS is what runs here, so that a mistake in the wiring shows here.
func (a *Account) deploy(e *Environment) error {
	for _, f := range e.template.Functions() {
		build, ok := lambdas.Actions[f.Action]
		if !ok {
			return fmt.Errorf("function %s runs %q, which is no action", f.Name, f.Action)
		}
		settings := a.settings(f, e)
		a.functions[f.Name] = &Function{Name: f.Name, Build: build, Settings: settings, Timeout: f.Timeout}
		if err := a.keepSecrets(settings); err != nil {
			return err
		}
	}
	for _, m := range e.template.Machines() {
		if err := a.deployMachine(m); err != nil {
			return fmt.Errorf("state machine %s: %w", m.Name, err)
		}
	}
	return nil
}

// keepSecrets makes the secrets that a function's settings name, for the logins that they name beside them.
func (a *Account) keepSecrets(settings map[string]string) error {
	for _, prefix := range []string{"", "OTHER_"} {
		arn := settings[prefix+"DATABASE_SECRET_ARN"]
		if arn == "" {
			continue
		}
		text, err := json.Marshal(map[string]string{"username": settings[prefix+"DATABASE_USER"], "password": loginPassword})
		if err != nil {
			return err
		}
		a.secrets[arn] = string(text)
	}
	return nil
}

func (a *Account) deployMachine(m template.Machine) error {
	file := m.File[len("statemachines/") : len(m.File)-len(".asl.json")]
	text, err := statemachines.Text(file)
	if err != nil {
		return err
	}
	if text, err = asl.Substitute(text, m.Substitutions); err != nil {
		return err
	}
	machine, err := asl.Parse(m.Name, text)
	if err != nil {
		return err
	}
	a.machines[m.Name] = machine
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
