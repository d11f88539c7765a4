package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

func (p preflight) secret(ctx context.Context, arn string) error {
	_, err := p.secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &arn})
	return err
}

func (p preflight) certificates(action string) error {
	if _, err := os.Stat(filepath.Join(p.dist, action, "database-ca.pem")); err != nil {
		return fmt.Errorf("database-ca.pem is not beside the binary: see docs/deploying.md, section 3, then make build")
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
		return fmt.Errorf("the account's limit leaves none to reserve; ask for a higher one, or set noReservedConcurrency to true")
	}
	return nil
}
