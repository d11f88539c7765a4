package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
	"github.com/publicmapping/districtbuilder-ops/stack/template"
)

// operator stands before the account and lets through what the policies for operators permit.
type operator struct {
	account  iam.Account
	policies iam.Policies
	next     http.Handler

	mu   sync.Mutex
	used []string // the IDs of the statements that have permitted something
}

// asOperator is the account as it is for somebody who has the operators' policies of both environments and nothing else.
func asOperator(t *testing.T, endpoint string) (*operator, string) {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	o := &operator{account: iam.Account{ID: sandbox.AccountID, Region: sandbox.AWSRegion, TLS: true}, next: httputil.NewSingleHostReverseProxy(target)}
	for _, environment := range []string{"Staging", "Production"} {
		o.policies = append(o.policies, operatorsPolicy(t, environment))
	}
	front := httptest.NewServer(o)
	t.Cleanup(front.Close)
	return o, front.URL
}

// operatorsPolicy reads dbops-<environment>-operators from the template.
func operatorsPolicy(t *testing.T, environment string) iam.Policy {
	t.Helper()
	text, err := template.Example.Text(environment)
	if err != nil {
		t.Fatal(err)
	}
	var stack struct {
		Resources map[string]struct {
			Properties struct {
				ManagedPolicyName any
				PolicyDocument    json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(text, &stack); err != nil {
		t.Fatal(err)
	}
	name := "dbops-" + strings.ToLower(environment) + "-operators"
	for _, r := range stack.Resources {
		if r.Properties.ManagedPolicyName == name {
			policy, err := iam.Identity(name, r.Properties.PolicyDocument)
			if err != nil {
				t.Fatal(err)
			}
			return policy
		}
	}
	t.Fatalf("the template of %s has no policy %s", environment, name)
	return iam.Policy{}
}

func (o *operator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client is gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	requests, err := o.requests(r, body)
	if err != nil {
		iam.Refuse(w, r, "1", err.Error())
		return
	}
	for _, q := range requests {
		q.Principal = "arn:aws:iam::" + sandbox.AccountID + ":user/operator"
		d := o.policies.Decide(q)
		if !d.Allowed {
			iam.Refuse(w, r, "1", d.Message())
			return
		}
		o.mu.Lock()
		if !slices.Contains(o.used, d.By.Sid) {
			o.used = append(o.used, d.By.Sid)
		}
		o.mu.Unlock()
	}
	o.next.ServeHTTP(w, r)
}

func (o *operator) requests(r *http.Request, body []byte) (requests []iam.Request, err error) {
	if _, service := iam.Signer(r); service != "ssm" {
		return o.account.Requests(r, body)
	}
	var in struct{ Names []string }
	if err := json.Unmarshal(body, &in); err != nil || r.Header.Get("X-Amz-Target") != "AmazonSSM.GetParameters" {
		return nil, fmt.Errorf("no permissions are known for %s: %v", r.Header.Get("X-Amz-Target"), err)
	}
	for _, name := range in.Names {
		requests = append(requests, iam.Request{Action: "ssm:GetParameters",
			Resource: "arn:aws:ssm:" + sandbox.AWSRegion + ":" + sandbox.AccountID + ":parameter" + name})
	}
	return requests, nil
}
