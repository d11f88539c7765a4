// Package awswire reads and writes the AWS protocols that the pinned SDK clients and the aws command speak:
// awsJson 1.0 and 1.1, Query with XML answers, and Smithy RPC v2 with CBOR (CloudWatch). A simulated service declares
// one plain Go struct for each input and output, with json tags; the same struct serves all of them.
package awswire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Protocol is how a call is written on the wire.
type Protocol int

// The protocols.
const (
	JSON Protocol = iota
	Query
	CBOR
)

// maxBody bounds a request's body, in bytes. S3 is not spoken here; the largest real input is 1 MiB.
const maxBody = 4 << 20

// Call is one request to a service.
type Call struct {
	// Service is the name in the signature's scope: "ecs", "autoscaling", "elasticloadbalancing", "logs", "monitoring", …
	// An unknown service keeps the protocol's own name for it.
	Service string
	Action  string

	protocol Protocol
	version  string // of JSON: "1.0" or "1.1"; of Query: the API's date
	body     []byte
	form     url.Values
}

// services maps what the protocols say (target prefix, API version, service shape) to the name in the signature's scope.
var services = map[string]string{
	"AmazonEC2ContainerServiceV20141113": "ecs",
	"Logs_20140328":                      "logs",
	"GraniteServiceVersion20100801":      "monitoring",
	"2011-01-01":                         "autoscaling",
	"2015-12-01":                         "elasticloadbalancing",
	"2010-08-01":                         "monitoring",
}

// Parse reads a request. The body stays readable, so that another handler can parse it again.
func Parse(r *http.Request) (*Call, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		prefix, action, _ := strings.Cut(target, ".")
		_, version, _ := strings.Cut(r.Header.Get("Content-Type"), "x-amz-json-")
		return &Call{Service: name(prefix), Action: action, protocol: JSON, version: version, body: body}, nil
	}
	if rest, ok := strings.CutPrefix(r.URL.Path, "/service/"); ok && r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor" {
		shape, action, _ := strings.Cut(rest, "/operation/")
		return &Call{Service: name(shape), Action: action, protocol: CBOR, body: body}, nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("Action") == "" {
		return nil, errors.New("the request is neither awsJson, nor Query, nor RPC v2 CBOR")
	}
	version := form.Get("Version")
	return &Call{Service: name(version), Action: form.Get("Action"), protocol: Query, version: version, form: form}, nil
}

func name(wire string) string {
	if service, ok := services[wire]; ok {
		return service
	}
	return wire
}
