// Package deployed works with an environment that is deployed: it finds its state machines, starts and follows them, and
// says in an operator's words how they ended and what they left.
package deployed

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// The state machines that an operator starts.
const (
	UpdateRegions   = "update-regions"
	RestartServices = "restart-services"
)

// machines lists them.
var machines = []string{UpdateRegions, RestartServices}

// Environments lists the names of environments.
func Environments() []string { return []string{"staging", Production} }

// Production is the environment whose machines are started only by someone who means it.
const Production = "production"

// Environment is what a deployed stack's parameters say of itself.
type Environment struct {
	Name           string            // "staging" or "production"
	Machines       map[string]string // ARNs by name
	FunctionPrefix string            // begins the functions' names: "dbops-staging-"
	StateBucket    string            // lock and journal
	Dashboard      string            // its URL
}

// parameters is the Systems Manager call that tells what is deployed.
type parameters interface {
	GetParameters(context.Context, *ssm.GetParametersInput, ...func(*ssm.Options)) (*ssm.GetParametersOutput, error)
}

// Find reads the parameters that the environment's stack has written. All of them are asked for by name,
// in one call: it needs no permission on the path above them.
func Find(ctx context.Context, client parameters, name string) (Environment, error) {
	if !slices.Contains(Environments(), name) {
		return Environment{}, fmt.Errorf("environment %q; expected one of %s", name, strings.Join(Environments(), ", "))
	}
	e := Environment{Name: name, Machines: map[string]string{}}
	places := e.places()
	var names []string
	for _, p := range places {
		names = append(names, p.parameter)
	}
	out, err := client.GetParameters(ctx, &ssm.GetParametersInput{Names: names})
	if err != nil {
		return Environment{}, fmt.Errorf("find what is deployed of %s: %w", name, err)
	}
	found := values(out.Parameters)
	var missing []string
	for _, p := range places {
		value := found[p.parameter]
		if value == "" {
			missing = append(missing, p.parameter)
			continue
		}
		p.keep(value)
	}
	if missing != nil {
		return Environment{}, fmt.Errorf("%s is not deployed in this account and region, or by an older stack: Systems Manager has no parameter %s; "+
			"see that profile and region are right, then deploy it (make deploy ENV=%s)", name, strings.Join(missing, ", "), name)
	}
	return e, nil
}

func values(found []types.Parameter) map[string]string {
	byName := map[string]string{}
	for _, p := range found {
		byName[aws.ToString(p.Name)] = aws.ToString(p.Value)
	}
	return byName
}

// place is where a value stands, and where it goes.
type place struct {
	parameter string
	keep      func(value string)
}

func (e *Environment) places() []place {
	path := "/dbops/" + e.Name + "/"
	places := []place{
		{path + "function-prefix", func(v string) { e.FunctionPrefix = v }},
		{path + "state-bucket", func(v string) { e.StateBucket = v }},
		{path + "dashboard", func(v string) { e.Dashboard = v }},
	}
	for _, m := range machines {
		places = append(places, place{path + "machines/" + m, func(v string) { e.Machines[m] = v }})
	}
	return places
}

// executionARN is the ARN of a machine's execution of that name.
func executionARN(machineARN, name string) string {
	return strings.Replace(machineARN, ":stateMachine:", ":execution:", 1) + ":" + name
}

// machineOf is the name of the machine that an execution's ARN is of.
func (e Environment) machineOf(execution string) (string, error) {
	for _, m := range machines {
		if strings.HasPrefix(execution, executionARN(e.Machines[m], "")) {
			return m, nil
		}
	}
	return "", fmt.Errorf("execution %s is of none of %s's state machines; give its environment by --env", execution, e.Name)
}

// nameOf is an execution's name: the last part of its ARN.
func nameOf(execution string) string { return execution[strings.LastIndexByte(execution, ':')+1:] }
