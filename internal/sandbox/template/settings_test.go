package template

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/publicmapping/districtbuilder-ops/lambdas"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

// optional are variables that an action looks for and that a deployment may leave out. DATABASE_CA_FILE is set where
// the certificates are packed beside the binary.
var optional = []string{"DATABASE_SECRET_ARN", "DATABASE_CA_FILE", "OTHER_DATABASE_HOST", "OTHER_REGIONS_URL", "OTHER_ENVIRONMENT"}

// TestEveryFunctionStartsWithItsVariables builds each action from exactly the variables that its function has:
// none may be missing, and none may be there that the action does not look at.
func TestEveryFunctionStartsWithItsVariables(t *testing.T) {
	t.Parallel()
	for _, environment := range []string{"staging", "production"} {
		for _, f := range example(t, environment).Functions {
			t.Run(f.Name, func(t *testing.T) {
				t.Parallel()
				build, ok := lambdas.Actions[strings.TrimPrefix(f.Name, "dbops-"+environment+"-")]
				if !ok {
					t.Fatal("it is no action of package lambdas")
				}
				checkVariables(t, build, f.Variables)
			})
		}
	}
}

func checkVariables(t *testing.T, build lambdarun.Build, variables map[string]string) {
	t.Helper()
	looked := map[string]bool{}
	getenv := func(name string) string {
		looked[name] = true
		if name == "DATABASE_CA_FILE" {
			return "" // the file is in the function's package only
		}
		return variables[name]
	}
	env := lambdarun.Env{Getenv: getenv, AWS: aws.Config{Region: "us-east-1"}, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	if _, err := build(t.Context(), env); err != nil {
		t.Errorf("cannot start: %v", err)
	}
	for name := range variables {
		if !looked[name] {
			t.Errorf("%s is set, but not read", name)
		}
	}
	for name := range looked {
		if variables[name] == "" && !slices.Contains(optional, name) {
			t.Errorf("%s is read, but not set", name)
		}
	}
}
