// Package lambdarun is the boundary between an action and AWS Lambda: strict decoding of the payload,
// logging, and errors under the names that Step Functions matches.
package lambdarun

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// Env is what an action is built from: settings, the AWS configuration, the way to others than AWS, and the clock.
type Env struct {
	Getenv func(string) string
	AWS    aws.Config
	HTTP   http.RoundTripper
	Now    func() time.Time
	Log    *slog.Logger
}

// Settings reads the named settings and fails with every one that is missing, not with the first only.
func (e Env) Settings(names ...string) (map[string]string, error) {
	values := make(map[string]string, len(names))
	var missing []string
	for _, name := range names {
		if values[name] = e.Getenv(name); values[name] == "" {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return nil, fmt.Errorf("environment variables not set: %s", strings.Join(missing, ", "))
	}
	return values, nil
}

// Handler handles one payload. Its error, if any, is what the Lambda runtime shall report.
type Handler func(ctx context.Context, payload []byte) ([]byte, error)

// Invoke makes a Handler a lambda.Handler.
func (h Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) { return h(ctx, payload) }

// Build makes an action's handler from its environment. It fails when a setting is missing or malformed.
type Build func(ctx context.Context, env Env) (Handler, error)

// Start runs an action as a Lambda function. It returns only when the function cannot start.
func Start(build Build) {
	ctx := context.Background()
	log := lambdacontext.NewLogger()
	handler, err := start(ctx, build, log)
	if err != nil {
		log.Error("cannot start", "error", err)
		os.Exit(1)
	}
	lambda.StartWithOptions(handler, lambda.WithContext(ctx))
}

func start(ctx context.Context, build Build, log *slog.Logger) (Handler, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, errors.Join(errors.New("load the AWS configuration"), err)
	}
	return build(ctx, Env{Getenv: os.Getenv, AWS: cfg, HTTP: http.DefaultTransport, Now: time.Now, Log: log})
}
