package sandbox

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/template"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

// Function is a Lambda function of the account: an action with its settings.
type Function struct {
	Name     string
	Build    lambdarun.Build
	Settings map[string]string
	Timeout  time.Duration
	MemoryMB int

	deployed template.Function
	running  atomic.Int64
	sleep    sleep

	once    sync.Once
	handler lambdarun.Handler
	err     error
}

// FunctionError is a function's failure as Lambda reports it.
type FunctionError struct{ Type, Message string }

func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

// functionNamed finds a function by its name or its ARN, with or without an alias, which it must have.
func (a *Account) functionNamed(name string) (*Function, bool) {
	if rest, ok := strings.CutPrefix(name, "arn:aws:lambda:"); ok {
		parts := strings.Split(rest, ":") // region, account, "function", name, alias
		if len(parts) < 4 {
			return nil, false
		}
		name = strings.Join(parts[3:], ":")
	}
	name, qualifier, _ := strings.Cut(name, ":")
	f, ok := a.functions[name]
	return f, ok && (qualifier == "" || slices.Contains(f.deployed.Aliases, qualifier))
}

// invoke runs a function. Its error is a *FunctionError when the function answered with one, and an *apiError when it
// was not run because as many were at work as may be.
func (a *Account) invoke(f *Function, payload []byte) (answer []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), f.Timeout)
	defer cancel()
	defer f.running.Add(-1)
	if running := f.running.Add(1); f.deployed.Reserved != nil && running > int64(*f.deployed.Reserved) {
		return nil, &apiError{Code: "TooManyRequestsException", Status: http.StatusTooManyRequests, Message: "Rate Exceeded."}
	}
	log := slog.New(slog.DiscardHandler)
	if a.logs(f) {
		log = slog.New(counting{a.log.Handler(), &a.logged}).With("function", f.Name)
	}
	f.once.Do(func() {
		f.handler, f.err = f.Build(ctx, lambdarun.Env{Getenv: f.getenv, AWS: a.config(f.Name), HTTP: a.internet, Now: a.Now, Log: log})
	})
	if f.err != nil {
		return nil, &FunctionError{Type: "Runtime.ExitError", Message: fmt.Sprintf("%s cannot start: %v", f.Name, f.err)}
	}
	defer func() {
		if crash := recover(); crash != nil {
			log.Error("panic", "value", fmt.Sprint(crash))
			err = &FunctionError{Type: reflect.TypeOf(crash).Name(), Message: fmt.Sprint(crash)}
		}
	}()
	for _, e := range a.Environments {
		e.Fleet.Advance(a.Now()) // what tasks read before this moment, they read before this function's effects
	}
	a.usage.look(a.Now(), a.surplus())
	began := time.Now()
	defer func() { a.usage.invoked(time.Since(began), f.MemoryMB) }()
	if paced, ok := a.clock.(*PacedClock); ok {
		defer paced.Busy()()
	}
	log.Info("invoked", slog.String("payload", string(payload)))
	answer, err = f.handler(ctx, payload)
	if err != nil {
		return nil, functionError(err)
	}
	return answer, nil
}

// functionError names an error as the Go runtime of Lambda does: by its outermost type alone.
func functionError(err error) *FunctionError {
	if named, ok := err.(messages.InvokeResponse_Error); ok { //nolint:errorlint // the runtime does not unwrap either
		return &FunctionError{Type: named.Type, Message: named.Message}
	}
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return &FunctionError{Type: t.Name(), Message: err.Error()}
}

// counting adds up about what a handler writes: message and attributes.
type counting struct {
	slog.Handler
	bytes *atomic.Int64
}

func (c counting) Enabled(context.Context, slog.Level) bool { return true }

func (c counting) Handle(ctx context.Context, r slog.Record) error {
	size := len(r.Message) + lineOverhead
	r.Attrs(func(a slog.Attr) bool { size += len(a.Key) + len(a.Value.String()) + 6; return true })
	c.bytes.Add(int64(size))
	if !c.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return c.Handler.Handle(ctx, r)
}

func (c counting) WithAttrs(attrs []slog.Attr) slog.Handler {
	return counting{c.Handler.WithAttrs(attrs), c.bytes}
}

func (c counting) WithGroup(name string) slog.Handler {
	return counting{c.Handler.WithGroup(name), c.bytes}
}

// lineOverhead is about what a line has besides: time, level, request ID, and a third of Lambda's own START, END and REPORT.
const lineOverhead = 220

func (f *Function) getenv(name string) string { return f.Settings[name] }

// config is what a function's SDK clients are made from: the account's endpoint and the function's own credentials.
func (a *Account) config(principal string) aws.Config {
	return aws.Config{
		Region:       AWSRegion,
		BaseEndpoint: aws.String(a.Endpoint),
		HTTPClient:   a.client,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: accessKey(principal), SecretAccessKey: secretKey}, nil
		}),
		Retryer: a.retryer,
	}
}
