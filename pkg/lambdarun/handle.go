package lambdarun

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"slices"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

// MaxOutput is the largest answer of an action, in bytes. Step Functions allows 256 KiB for a state's data;
// the margin leaves room for what other states and variables add. Longer lists go to S3 by reference.
const MaxOutput = 32 << 10

// Validator is an input that can check itself. Its error says which field is wrong and what is expected.
type Validator interface{ Validate() error }

// Handle makes a Handler from an action's verb.
func Handle[In Validator, Out any](log *slog.Logger, verb func(context.Context, In) (Out, error)) Handler {
	return handler(log, Decode, verb)
}

// HandleLenient is Handle for an input that is made of other actions' answers, of which the verb reads a part:
// unknown fields are allowed.
func HandleLenient[In Validator, Out any](log *slog.Logger, verb func(context.Context, In) (Out, error)) Handler {
	return handler(log, decodeLenient, verb)
}

type decoder func(payload []byte, v any) error

func handler[In Validator, Out any](log *slog.Logger, decode decoder, verb func(context.Context, In) (Out, error)) Handler {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		answer, err := handle(ctx, payload, decode, verb)
		if err != nil {
			named := Named(err)
			log.ErrorContext(ctx, "failed", "error", named.Type, "cause", named.Message)
			return nil, named
		}
		log.InfoContext(ctx, "done", "output", json.RawMessage(answer))
		return answer, nil
	}
}

func handle[In Validator, Out any](ctx context.Context, payload []byte, decode decoder, verb func(context.Context, In) (Out, error)) ([]byte, error) {
	var in In
	if err := decode(payload, &in); err != nil {
		return nil, err
	}
	if err := in.Validate(); err != nil {
		return nil, fault.New(fault.InvalidInput, "%w", err)
	}
	out, err := verb(ctx, in)
	if err != nil {
		return nil, err
	}
	return encode(out)
}

// encode writes an answer, and refuses one over MaxOutput.
func encode(out any) ([]byte, error) {
	answer, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encode the answer: %w", err)
	}
	if len(answer) > MaxOutput {
		return nil, fmt.Errorf("the answer has %d bytes, over the limit of %d; ask for fewer regions or tasks at once", len(answer), MaxOutput)
	}
	return answer, nil
}

// Decode reads exactly one JSON value into v and refuses fields that v does not have, in the very spelling.
func Decode(payload []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(payload))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fault.New(fault.InvalidInput, "input: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fault.New(fault.InvalidInput, "input: there is more after the JSON value")
	}
	if err := exact(payload, reflect.TypeOf(v)); err != nil {
		return fault.New(fault.InvalidInput, "input: %w", err)
	}
	return nil
}

func decodeLenient(payload []byte, v any) error {
	if err := json.Unmarshal(payload, v); err != nil {
		return fault.New(fault.InvalidInput, "input: %w", err)
	}
	return nil
}

// Named gives err the name that Step Functions will see. It is a value, not a pointer: the runtime reads
// only the outermost Go type, and of a pointer or a wrapped error the name would be lost.
func Named(err error) messages.InvokeResponse_Error {
	name, ok := fault.NameOf(err)
	switch {
	case ok:
	case unavailable(err):
		name = fault.Unavailable
	default:
		name = fault.Internal
	}
	return messages.InvokeResponse_Error{Type: string(name), Message: err.Error()}
}

// unavailable reports whether a later attempt may succeed with nothing changed by anybody.
func unavailable(err error) bool {
	var api smithy.APIError
	if errors.As(err, &api) {
		code := api.ErrorCode()
		_, throttled := retry.DefaultThrottleErrorCodes[code]
		_, passing := retry.DefaultRetryableErrorCodes[code]
		if throttled || passing || slices.Contains(passingCodes, code) {
			return true
		}
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.HTTPStatusCode() >= http.StatusInternalServerError {
		return true
	}
	var sent *smithyhttp.RequestSendError
	var network net.Error
	return errors.As(err, &sent) || errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded)
}

// passingCodes are codes of errors that pass by themselves and that the SDK's own retry lists leave out.
var passingCodes = []string{"ServiceUnavailable", "ServiceUnavailableException", "ServerException", "InternalError",
	"InternalFailure", "ScalingActivityInProgress", "ResourceContention", "ConditionalRequestConflict", "OperationAborted"}
