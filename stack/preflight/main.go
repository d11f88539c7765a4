// Command preflight says on one screen what a deployment would lack in the account. It reads only.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/publicmapping/districtbuilder-ops/stack/settings"
)

// usualProfile is the one that the Makefile takes unless it is told otherwise.
const usualProfile = "district-builder"

func main() {
	environment := flag.String("env", "staging", "staging or production")
	profile := flag.String("profile", usualProfile, "the profile of the AWS command; empty: the default credentials")
	flag.Parse()
	ready, err := run(context.Background(), os.Stdout, *environment, *profile)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if !ready {
		os.Exit(1)
	}
}

// run writes the screen of one environment. The settings stand in cdk.json and the built functions in dist, both in the
// working directory. It is ready if nothing is missing and everything could be looked at.
func run(ctx context.Context, screen io.Writer, environment, profile string) (ready bool, err error) {
	all, cdkContext, err := settings.Load("cdk.json")
	if err != nil {
		return false, err
	}
	for _, e := range all {
		if !strings.EqualFold(e.Name, environment) {
			continue
		}
		demand, err := demandOf(e.Name, cdkContext)
		if err != nil {
			return false, err
		}
		cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(e.Region), config.WithSharedConfigProfile(profile))
		if err != nil {
			return false, fmt.Errorf("read the profile %q; is it configured? %w", profile, err)
		}
		p := preflight{settings: e, dist: "dist", profile: profile, bootstrap: demand, clients: newClients(cfg)}
		return report(screen, e, p.run(ctx)), nil
	}
	return false, fmt.Errorf("cdk.json has no settings for %s", environment)
}
