// Package stack is the CDK app: what deploys the actions and the state machines to an AWS account, one stack an environment.
// It looks nothing up: what it must know of an account stands in the settings.
package stack

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"github.com/publicmapping/districtbuilder-ops/stack/settings"
)

// Name is the name of an environment's stack.
func Name(environment string) string { return "DistrictBuilderOps-" + environment }

// New adds the stack of an environment to the app. The functions' binaries are dist/<action>/bootstrap.
func New(app constructs.Construct, s settings.Environment, dist string) (awscdk.Stack, error) {
	e := environment{s, dist}
	if err := e.built(); err != nil {
		return nil, err
	}
	stack := awscdk.NewStack(app, jsii.String(Name(s.Name)), &awscdk.StackProps{
		Description:           jsii.String("districtbuilder-ops for DistrictBuilder's environment " + s.Name),
		Env:                   &awscdk.Environment{Account: jsii.String(s.Account), Region: jsii.String(s.Region)},
		TerminationProtection: jsii.Bool(s.Name == settings.Production),
		Tags:                  &map[string]*string{"Project": jsii.String("districtbuilder-ops"), "Environment": jsii.String(s.Name)},
	})
	e.warnOfMissingAuthorities(stack)
	newStore(stack, e)
	newTopics(stack, e)
	functions := newFunctions(stack, e)
	machineLogs, err := newMachines(stack, e, functions)
	if err != nil {
		return nil, err
	}
	if upload, ok := functions[startUpdate]; ok {
		newTriggers(stack, e, upload.alias)
	}
	newWatch(stack, e, functions[watchLock].alias)
	newEndings(stack, e)
	newMonitoring(stack, e, functions, machineLogs)
	newAccess(stack, e)
	newOutputs(stack, e)
	return stack, nil
}

// Check has cdk-nag look at everything in the app, or in a stage of it. Its findings are errors of the synthesis.
func Check(all awscdk.Stage) {
	awscdk.Aspects_Of(all).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Verbose: jsii.Bool(true)}), nil)
}

// built says which functions have not been built.
func (e environment) built() error {
	var missing []string
	for _, a := range e.actions() {
		file := filepath.Join(e.dist, a.name, "bootstrap")
		if _, err := os.Stat(file); err != nil {
			missing = append(missing, file)
		}
	}
	if missing != nil {
		return fmt.Errorf("not built: %s; run: make build", strings.Join(missing, ", "))
	}
	return nil
}
