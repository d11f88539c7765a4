package lambdarun

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

type scaleInput struct {
	Desired int `json:"desired"`
}

func (in scaleInput) Validate() error {
	if in.Desired < 0 {
		return fmt.Errorf("desired %d: expected 0 or more", in.Desired)
	}
	return nil
}

type scaleOutput struct {
	Text string `json:"text"`
}

func TestHandleRefusesBadInputBeforeTheVerb(t *testing.T) {
	tests := []struct{ name, payload, want string }{
		{"unknown field", `{"desird":3}`, "desird"},
		{"wrong type", `{"desired":"3"}`, "desired"},
		{"out of range", `{"desired":-1}`, "expected 0 or more"},
		{"not JSON", `{`, "unexpected EOF"},
		{"two values", `{"desired":1}{"desired":2}`, "more after"},
		{"empty", ``, "EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := Handle(slog.New(slog.DiscardHandler), func(context.Context, scaleInput) (scaleOutput, error) {
				t.Error("the verb ran")
				return scaleOutput{}, nil
			})
			_, err := h(t.Context(), []byte(tt.payload))
			got, ok := err.(messages.InvokeResponse_Error) // by value: a pointer would lose its name
			if !ok || got.Type != "InvalidInput" || !strings.Contains(got.Message, tt.want) {
				t.Errorf("error = %#v, want InvalidInput with %q", err, tt.want)
			}
		})
	}
}

func TestHandleRefusesAnAnswerOverTheLimit(t *testing.T) {
	h := Handle(slog.New(slog.DiscardHandler), func(_ context.Context, in scaleInput) (scaleOutput, error) {
		return scaleOutput{strings.Repeat("x", in.Desired)}, nil
	})
	if _, err := h(t.Context(), []byte(`{"desired":32000}`)); err != nil {
		t.Errorf("32,000 bytes: %v", err)
	}
	if _, err := h(t.Context(), []byte(`{"desired":33000}`)); err == nil {
		t.Error("33,000 bytes passed")
	}
}

func TestHandleLogsTheNamedError(t *testing.T) {
	var log bytes.Buffer
	h := Handle(slog.New(slog.NewJSONHandler(&log, nil)), func(context.Context, scaleInput) (scaleOutput, error) {
		return scaleOutput{}, fault.New(fault.FleetNotReady, "a deployment is in progress")
	})
	if _, err := h(t.Context(), []byte(`{"desired":1}`)); err == nil {
		t.Fatal("no error")
	}
	if !strings.Contains(log.String(), `"error":"FleetNotReady"`) || !strings.Contains(log.String(), "a deployment is in progress") {
		t.Errorf("log = %s", log.String())
	}
}

func operationError(err error) error {
	return fmt.Errorf("describe service: %w", &smithy.OperationError{ServiceID: "ECS", OperationName: "DescribeServices", Err: err})
}

func responseError(status int, err error) error {
	return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err}
}

func TestNamed(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"named", fault.New(fault.ServiceNotFound, "no such service"), "ServiceNotFound"},
		{"named and wrapped", fmt.Errorf("survey: %w", fault.New(fault.SharedURI, "shared")), "SharedURI"},
		{"the outer of two names", fault.New(fault.BackupIncomplete, "verify: %w", fault.New(fault.SourceChanged, "changed")), "BackupIncomplete"},
		{"throttled", operationError(&smithy.GenericAPIError{Code: "ThrottlingException"}), "Unavailable"},
		{"slow down", operationError(&smithy.GenericAPIError{Code: "SlowDown"}), "Unavailable"},
		{"scaling in progress", operationError(&smithy.GenericAPIError{Code: "ScalingActivityInProgress"}), "Unavailable"},
		{"500", operationError(responseError(500, errors.New("broken"))), "Unavailable"},
		{"no connection", operationError(&net.OpError{Op: "dial", Err: errors.New("refused")}), "Unavailable"},
		{"deadline", operationError(context.DeadlineExceeded), "Unavailable"},
		{"access denied", operationError(responseError(400, &smithy.GenericAPIError{Code: "AccessDeniedException"})), "Internal"},
		{"anything else", errors.New("broken"), "Internal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Named(tt.err); got.Type != tt.want || got.Message != tt.err.Error() {
				t.Errorf("Named = %+v, want %s with the whole message", got, tt.want)
			}
		})
	}
}

func TestSettingsNamesEveryMissingOne(t *testing.T) {
	env := Env{Getenv: func(name string) string { return map[string]string{"CLUSTER": "c"}[name] }}
	if _, err := env.Settings("CLUSTER", "SERVICE", "GROUP"); err == nil || !strings.Contains(err.Error(), "SERVICE, GROUP") {
		t.Errorf("error = %v, want one that names SERVICE and GROUP", err)
	}
	if got, err := env.Settings("CLUSTER"); err != nil || got["CLUSTER"] != "c" {
		t.Errorf("Settings = %v, %v", got, err)
	}
}
