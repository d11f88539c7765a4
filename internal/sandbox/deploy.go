package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/template"
	"github.com/publicmapping/districtbuilder-ops/lambdas"
)

// deploy makes an environment's functions and state machines as its template describes them: what would be deployed
// to AWS is what runs here, so that a mistake in the wiring or in a permission shows here.
func (a *Account) deploy(e *Environment) error {
	for _, f := range e.template.Functions {
		if err := a.deployFunction(e, f); err != nil {
			return fmt.Errorf("function %s: %w", f.Name, err)
		}
	}
	for _, m := range e.template.ManagedPolicies { // people to whom one of these is attached
		a.iam.principals[accessKey(m.Name)] = principal{role: template.Role{ARN: "arn:aws:iam::" + AccountID + ":user/" + m.Name, Policies: iam.Policies{m.Policy}}, template: e.template}
	}
	for _, m := range e.template.Machines {
		machine, err := asl.Parse(m.Name, m.Definition)
		if err != nil {
			return fmt.Errorf("state machine %s: %w", m.Name, err)
		}
		a.machines[m.Name] = machine
		role, ok := e.template.Role(m.Role)
		if !ok {
			return fmt.Errorf("state machine %s: its role %s is not in the template", m.Name, m.Role)
		}
		a.iam.principals[m.Name] = principal{role: role, template: e.template}
		if err := a.mayBeMade(m); err != nil {
			return fmt.Errorf("state machine %s: %w", m.Name, err)
		}
	}
	return nil
}

func (a *Account) deployFunction(e *Environment, f template.Function) error {
	action := strings.TrimPrefix(f.Name, e.Prefix())
	build, ok := lambdas.Actions[action]
	if !ok {
		return fmt.Errorf("%q is no action", action)
	}
	role, ok := e.template.Role(f.Role)
	if !ok {
		return fmt.Errorf("its role %s is not in the template", f.Role)
	}
	settings, err := a.settings(f, e)
	if err != nil {
		return err
	}
	made := &Function{Name: f.Name, Build: build, Settings: settings, Timeout: f.Timeout, MemoryMB: f.MemoryMB, deployed: f}
	a.functions[f.Name] = made
	a.iam.principals[accessKey(f.Name)] = principal{role, f.ARN, e.template}
	if err := a.mayBePlaced(made); err != nil {
		return err
	}
	return a.keepSecrets(settings)
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

// route says which handler serves which service, by the name that requests are signed for.
func (a *Account) route() {
	fleet := fleetsim.Mux(a.Environments["Staging"].Fleet, a.Environments["Production"].Fleet)
	a.services = map[string]http.Handler{
		"s3": a.Front, "states": a.stateOperations(), "lambda": http.HandlerFunc(a.invokeHTTP),
		"ecs": fleet, "autoscaling": fleet, "elasticloadbalancing": fleet, "logs": fleet, "monitoring": fleet,
		"sns": &a.topics, "secretsmanager": a.secretOperations(), "ssm": a.parameterOperations(), "sts": http.HandlerFunc(a.identity),
	}
}
