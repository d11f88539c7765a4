package lambdarun

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"testing"
)

// TestEnvironmentOfAFunctionIsWhole: nothing that an action is built from is missing in Lambda.
func TestEnvironmentOfAFunctionIsWhole(t *testing.T) {
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	built := errors.New("built")
	_, err := start(t.Context(), func(_ context.Context, env Env) (Handler, error) {
		v := reflect.ValueOf(env)
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("%s is not set", v.Type().Field(i).Name)
			}
		}
		if env.AWS.Region != "us-east-1" {
			t.Errorf("region %q", env.AWS.Region)
		}
		return nil, built
	}, slog.New(slog.DiscardHandler))
	if !errors.Is(err, built) {
		t.Errorf("start: %v", err)
	}
}
