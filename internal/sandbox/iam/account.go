package iam

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/awswire"
)

// Account tells what requests to an account's APIs need. The functions and maps answer what does not stand in a request;
// a call that needs one that is missing, or that gets no answer, is an error.
type Account struct {
	ID, Region string
	// TLS says that requests count as encrypted: aws:SecureTransport and s3:TlsVersion.
	TLS bool
	// GroupOf returns the name of the Auto Scaling group that an instance is in.
	GroupOf func(instanceID string) string
	// MachineOf returns the ARN of the state machine that waits for a task token.
	MachineOf func(token string) string
	// KeyOf returns the ARN of the key that a bucket encrypts with, or "" for S3's own. nil is S3's own for all buckets.
	KeyOf func(bucket string) string
	// Databases are the resource IDs ("db-…") of databases by address.
	Databases map[string]string
}

// call is an API call on its way to becoming requests.
type call struct {
	Account
	http *http.Request
	body []byte
}

// services are the known services by the name that requests are signed for.
var services = map[string]func(call) ([]Request, error){
	"s3":                   s3Requests,
	"lambda":               lambdaRequests,
	"ecs":                  ecsRequests,
	"autoscaling":          autoScalingRequests,
	"elasticloadbalancing": loadBalancingRequests,
	"logs":                 logsRequests,
	"monitoring":           monitoringRequests,
	"secretsmanager":       secretsRequests,
	"states":               statesRequests,
	"sns":                  snsRequests,
	"sts":                  stsRequests,
}

// Requests tells what an API call needs: all of it must be permitted. A call that needs nothing has no request;
// one that is not known is an error. The principal is left to the caller. The body of r is not read.
func (a Account) Requests(r *http.Request, body []byte) ([]Request, error) {
	_, service := Signer(r)
	requestsOf, ok := services[service]
	if !ok {
		return nil, fmt.Errorf("no permissions are known for the service %q", service)
	}
	requests, err := requestsOf(call{a, r, body})
	if err != nil {
		return nil, fmt.Errorf("permissions of a call to %s: %w", service, err)
	}
	for i := range requests {
		if requests[i].Resource == "" {
			return nil, fmt.Errorf("permissions of a call to %s: %s of nothing", service, requests[i].Action)
		}
		requests[i] = a.connected(requests[i])
	}
	return requests, nil
}

// connected adds the keys that every call has.
func (a Account) connected(q Request) Request {
	q = q.With("aws:SecureTransport", strconv.FormatBool(a.TLS)).With("aws:RequestedRegion", a.Region)
	if a.TLS && strings.HasPrefix(q.Action, "s3:") {
		q = q.With("s3:TlsVersion", "1.3")
	}
	return q
}

// Signer returns the access key that a request is signed with and the service that it is signed for,
// from the header or, if it is presigned, from the query.
func Signer(r *http.Request) (accessKey, service string) {
	_, scope, found := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if !found {
		scope = r.URL.Query().Get("X-Amz-Credential")
	}
	if parts := strings.Split(scope, "/"); len(parts) >= 5 {
		return parts[0], parts[3]
	}
	return "", ""
}

// Connect is the request for logging in to a database with an IAM token: no API sees it.
func (a Account) Connect(address, user string) (Request, error) {
	id, ok := a.Databases[address]
	if !ok {
		return Request{}, fmt.Errorf("no resource ID is known for the database %s", address)
	}
	return Request{Action: "rds-db:connect", Resource: a.arn("rds-db", "dbuser:"+id+"/"+user)}, nil
}

func (a Account) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + a.Region + ":" + a.ID + ":" + resource
}

// orARN completes a name to an ARN; what is one already stays.
func (a Account) orARN(service, kind, name string) string {
	if name == "" || strings.HasPrefix(name, "arn:") {
		return name
	}
	return a.arn(service, kind+name)
}

// bind reads the parameters of a call in one of the protocols other than REST, and returns its action.
func (c call) bind(in any) (action string, err error) {
	r := c.http.Clone(c.http.Context())
	r.Body = io.NopCloser(bytes.NewReader(c.body))
	parsed, err := awswire.Parse(r)
	if err != nil {
		return "", err
	}
	if err := parsed.Bind(in); err != nil {
		return "", fmt.Errorf("parameters of %s: %w", parsed.Action, err)
	}
	return parsed.Action, nil
}

// unknown is the error for an action without known permissions.
func unknown(action string) error { return fmt.Errorf("none are known for %s", action) }

// on makes a request for each resource.
func on(action string, resources ...string) []Request {
	requests := make([]Request, len(resources))
	for i, resource := range resources {
		requests[i] = Request{Action: action, Resource: resource}
	}
	return requests
}
