package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func (p preflight) account(ctx context.Context) error {
	out, err := p.identity.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return fmt.Errorf("cannot tell who is asking; is the profile configured? %w", err)
	}
	if got := aws.ToString(out.Account); got != p.settings.Account {
		return fmt.Errorf("the credentials are of account %s; mend the setting account, or use another profile", got)
	}
	return nil
}
