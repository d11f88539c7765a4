package sandbox

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
)

// service tells which AWS service a request is for: by what it was signed for, as AWS's own endpoints do.
func service(r *http.Request) string {
	_, name := iam.Signer(r)
	return name
}

// ServeHTTP answers the account's APIs on one address.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := service(r)
	handler, ok := a.services[name]
	if !ok {
		has := strings.Join(slices.Sorted(maps.Keys(a.services)), ", ")
		http.Error(w, "the sandbox has no service "+name+"; it has those that requests sign as "+has, http.StatusNotImplemented)
		return
	}
	who, ok := a.iam.permitted(w, r)
	if !ok {
		return
	}
	handler.ServeHTTP(a.iam.hide(who, w, r), r)
}

// apiError is an error of a JSON protocol.
type apiError struct {
	Code    string
	Message string
	Status  int // 400 if 0
}

func (e *apiError) Error() string { return e.Code + ": " + e.Message }

// operations serve the AWS JSON protocols: the operation stands in X-Amz-Target, input and output are JSON objects.
type operations map[string]func(r *http.Request, input []byte) (any, error)

func (ops operations) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	operation, ok := ops[name]
	if !ok {
		writeError(w, &apiError{Code: "UnknownOperationException", Message: "the sandbox does not know " + name})
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		writeError(w, &apiError{Code: "SerializationException", Message: err.Error()})
		return
	}
	output, err := operation(r, body)
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
	_ = json.NewEncoder(w).Encode(output)
}

// operation adapts a typed function to operations.
func operation[In, Out any](serve func(r *http.Request, in In) (Out, error)) func(*http.Request, []byte) (any, error) {
	return func(r *http.Request, body []byte) (any, error) {
		var in In
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, &apiError{Code: "SerializationException", Message: err.Error()}
		}
		return serve(r, in)
	}
}

func writeError(w http.ResponseWriter, err error) {
	e, ok := err.(*apiError) //nolint:errorlint // made in this package, never wrapped
	if !ok {
		e = &apiError{Code: "InternalFailure", Message: err.Error(), Status: http.StatusInternalServerError}
	}
	if e.Status == 0 {
		e.Status = http.StatusBadRequest
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amzn-Errortype", e.Code)
	w.WriteHeader(e.Status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": e.Code, "message": e.Message})
}
