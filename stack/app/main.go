// Command app is the CDK app: cdk runs it to get the templates. Settings come from cdk.json in the working directory,
// binaries from dist/. Run without cdk it writes the templates to $CDK_OUTDIR.
package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/publicmapping/districtbuilder-ops/stack"
	"github.com/publicmapping/districtbuilder-ops/stack/settings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	environments, context, err := settings.Load("cdk.json")
	if err != nil {
		return err
	}
	defer jsii.Close()
	delete(context, "dbops")
	app := awscdk.NewApp(&awscdk.AppProps{Context: &context})
	for _, e := range environments {
		if _, err := stack.New(app, e, "dist"); err != nil {
			return err
		}
	}
	stack.Check(app)
	app.Synth(nil)
	return nil
}
