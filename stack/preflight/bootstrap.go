package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/publicmapping/districtbuilder-ops/stack/template"
)

// demand is what the templates want of the CDK's bootstrap.
type demand struct {
	qualifier string
	least     int // version
}

// qualifierKey is the key in cdk.json's context under which the CDK looks for another qualifier than its own.
const qualifierKey, ownQualifier = "@aws-cdk/core:bootstrapQualifier", "hnb659fds"

// demandOf reads the least version from the rule that CloudFormation will hold against the account.
func demandOf(environment string, cdkContext map[string]any) (demand, error) {
	d := demand{qualifier: ownQualifier}
	if q, ok := cdkContext[qualifierKey].(string); ok && q != "" {
		d.qualifier = q
	}
	text, err := template.Example.Text(environment)
	if err != nil {
		return d, err
	}
	d.least, err = leastVersion(text)
	return d, err
}

// leastVersion reads a template's rule CheckBootstrapVersion, which lists the versions that are too old, from 1 on.
func leastVersion(text []byte) (int, error) {
	var t struct {
		Rules struct {
			CheckBootstrapVersion struct {
				Assertions []struct {
					Assert struct {
						Not []struct {
							Contains []json.RawMessage `json:"Fn::Contains"`
						} `json:"Fn::Not"`
					}
				}
			}
		}
	}
	if err := json.Unmarshal(text, &t); err != nil {
		return 0, fmt.Errorf("read the template: %w", err)
	}
	assertions := t.Rules.CheckBootstrapVersion.Assertions
	if len(assertions) != 1 || len(assertions[0].Assert.Not) != 1 || len(assertions[0].Assert.Not[0].Contains) != 2 {
		return 0, errors.New("the template's rule CheckBootstrapVersion is not as the CDK writes it")
	}
	var tooOld []string
	if err := json.Unmarshal(assertions[0].Assert.Not[0].Contains[0], &tooOld); err != nil {
		return 0, fmt.Errorf("read the template's rule CheckBootstrapVersion: %w", err)
	}
	least := 1
	for slices.Contains(tooOld, strconv.Itoa(least)) {
		least++
	}
	return least, nil
}

// bootstrapCommand makes the bootstrap, or brings it up to date.
func (p preflight) bootstrapCommand() string {
	words := []string{"make bootstrap ENV=" + strings.ToLower(p.settings.Name)}
	if p.profile != usualProfile {
		words = append(words, "PROFILE="+p.profile)
	}
	if p.bootstrap.qualifier != ownQualifier {
		words = append(words, `BOOTSTRAP_OPTIONS="--qualifier `+p.bootstrap.qualifier+`"`)
	}
	return strings.Join(words, " ")
}

func (p preflight) bootstrapVersion(ctx context.Context) error {
	name := "/cdk-bootstrap/" + p.bootstrap.qualifier + "/version"
	out, err := p.parameters.GetParameter(ctx, &ssm.GetParameterInput{Name: &name})
	var none *ssmtypes.ParameterNotFound
	switch {
	case errors.As(err, &none):
		return lacks("there is none; run: %s", p.bootstrapCommand())
	case err != nil:
		return err
	case out.Parameter == nil:
		return untold("cannot look: %s has no value", name)
	}
	value := aws.ToString(out.Parameter.Value)
	if version, err := strconv.Atoi(value); err != nil || version < p.bootstrap.least {
		return lacks("version %s is too old, the stack demands %d; run: %s", value, p.bootstrap.least, p.bootstrapCommand())
	}
	return nil
}

func (p preflight) bootstrapBucket(ctx context.Context) error {
	name := "cdk-" + p.bootstrap.qualifier + "-assets-" + p.settings.Account + "-" + p.settings.Region
	there, err := p.bucketThere(ctx, name)
	if err == nil && !there {
		return lacks("there is no %s; run: %s", name, p.bootstrapCommand())
	}
	return err
}
