package regiondb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// secrets is the Secrets Manager call that reads a password.
type secrets interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// secretLogin reads user and password from a secret, anew for each connection.
type secretLogin struct {
	secrets secrets
	arn     string
	user    string // if the secret names none
}

func (l secretLogin) credentials(ctx context.Context) (user, password string, err error) {
	out, err := l.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &l.arn})
	if err != nil {
		return "", "", fmt.Errorf("read secret %s: %w", l.arn, err)
	}
	var secret struct {
		Username string `json:"username"`
		Password string `json:"password"`
	}
	// The decoder's own message could quote the secret.
	if json.Unmarshal([]byte(aws.ToString(out.SecretString)), &secret) != nil {
		return "", "", fmt.Errorf(`secret %s is not JSON with "username" and "password"`, l.arn)
	}
	if secret.Password == "" {
		return "", "", fmt.Errorf(`secret %s has no "password"`, l.arn)
	}
	if secret.Username == "" {
		secret.Username = l.user
	}
	return secret.Username, secret.Password, nil
}

// tokenLogin signs an RDS IAM token for each connection. Signing needs no call; a token is valid for 15 minutes,
// and only at connect.
type tokenLogin struct {
	endpoint string // host:port; the port is part of what is signed
	region   string
	user     string
	signer   aws.CredentialsProvider
}

func (l tokenLogin) credentials(ctx context.Context) (user, password string, err error) {
	if l.signer == nil {
		return "", "", errors.New("sign a database token: there are no AWS credentials")
	}
	token, err := auth.BuildAuthToken(ctx, l.endpoint, l.region, l.user, l.signer)
	if err != nil {
		return "", "", fmt.Errorf("sign a token for %s at %s: %w", l.user, l.endpoint, err)
	}
	return l.user, token, nil
}
