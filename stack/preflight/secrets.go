package main

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secrettypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/publicmapping/districtbuilder-ops/stack/settings"
)

// secretARN is one that the settings name, and whose login it holds.
type secretARN struct{ owner, arn string }

// secretARNs are in the order of the actions. Only find-regions logs in to the other database.
func (p preflight) secretARNs() []secretARN {
	var found []secretARN
	for _, action := range settings.SQLActionsOf(p.settings.Name) {
		if arn := p.settings.Database.SecretARNs[action]; arn != "" {
			found = append(found, secretARN{action, arn})
		}
	}
	if d := p.settings.Other.Database; d != nil {
		if arn := d.SecretARNs[settings.SQLActions[0]]; arn != "" {
			found = append(found, secretARN{settings.SQLActions[0] + " in other.database", arn})
		}
	}
	return found
}

func (p preflight) secret(ctx context.Context, arn string) error {
	out, err := p.secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &arn})
	var none *secrettypes.ResourceNotFoundException
	switch {
	case errors.As(err, &none):
		return lacks("there is no such secret; make it, or mend the setting secretArns: see docs/deploying.md, section 3")
	case err != nil:
		return err
	case out.DeletedDate != nil:
		return lacks("it is deleted; run: aws secretsmanager restore-secret --secret-id %s", arn)
	}
	if key := aws.ToString(out.KmsKeyId); key != "" && !strings.HasSuffix(key, "alias/aws/secretsmanager") {
		return beware("its key is %s: if that is your own, its policy must let the function decrypt", key)
	}
	return nil
}
