package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// caller is the account that the credentials are of.
func (p preflight) caller(ctx context.Context) (string, error) {
	out, err := p.identity.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", lacks("cannot tell who is asking; log in, or configure another profile than %q: %v", p.profile, err)
	}
	return aws.ToString(out.Account), nil
}

func (p preflight) account(who string) error {
	if who != p.settings.Account {
		return lacks("the credentials are of account %s; mend the setting account, or use another profile", who)
	}
	return nil
}

// leastUnreserved is what Lambda demands to be left when concurrency is reserved, and reserved is what this project reserves.
const leastUnreserved, reserved = 100, 2

func (p preflight) concurrency(ctx context.Context) error {
	out, err := p.functions.GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
	if err != nil {
		return err
	}
	if out.AccountLimit == nil || aws.ToInt32(out.AccountLimit.UnreservedConcurrentExecutions) < leastUnreserved+reserved {
		return lacks("the account's limit leaves none to reserve; ask for a higher one, or set noReservedConcurrency to true")
	}
	return nil
}
