package iam

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Request is one action on one resource. An API call may need several.
type Request struct {
	// Principal is the ARN of the role or user that calls (arn:aws:iam::<account>:role/<name>, not that of its session),
	// or a service such as events.amazonaws.com.
	Principal string
	Action    string
	Resource  string
	// Context are the values of condition keys. Those that follow from the principal are added by Decide.
	Context map[string][]string
}

// With returns the request with another value of a condition key.
func (q Request) With(key, value string) Request {
	q.Context = maps.Clone(q.Context)
	if q.Context == nil {
		q.Context = map[string][]string{}
	}
	q.Context[key] = []string{value}
	return q
}

func (q Request) values() values {
	account := accountOf(q.Principal)
	c := values{"aws:principalisawsservice": {strconv.FormatBool(strings.HasSuffix(q.Principal, ".amazonaws.com"))}}
	if account != "" {
		c["aws:principalarn"], c["aws:principalaccount"] = []string{q.Principal}, []string{account}
	}
	for key, values := range q.Context {
		c[strings.ToLower(key)] = values
	}
	return c
}

// Decision is the answer to a request.
type Decision struct {
	Request Request
	Allowed bool
	// By is the statement that decided: the first that denies or, if none does, the first that permits.
	// It is zero if no statement matched, which is a denial.
	By Ref
	// Matched are all statements that speak of the request, whatever they say.
	Matched []Ref

	denied string // why, if a statement denied it
}

// Decide holds a request against the policies. One statement that denies outweighs all that permit; what no statement
// permits is denied. The resource is taken to be in the caller's account: there, either side's permission is enough.
func (p Policies) Decide(q Request) Decision {
	d := Decision{Request: q}
	c := q.values()
	for key, values := range c {
		if several := keys[key]; len(values) > 1 && !several {
			d.denied = "the condition key " + key + " has several values"
			return d
		}
	}
	for _, policy := range p {
		for i, s := range policy.Statements {
			if policy.kind != ofIdentity && !s.principals.include(q.Principal, s.Deny) || !s.matches(q, c) {
				continue
			}
			d.add(Ref{policy.Name, i, s.Sid}, s.Deny, policy.kind)
		}
	}
	return d
}

func (d *Decision) add(ref Ref, deny bool, k kind) {
	d.Matched = append(d.Matched, ref)
	switch {
	case deny && d.denied == "":
		d.Allowed, d.denied, d.By = false, fmt.Sprintf("with an explicit deny in %s", k), ref
	case !deny && d.denied == "" && !d.Allowed:
		d.Allowed, d.By = true, ref
	}
}

// Message says why the request is denied, in the words of AWS; of one that is permitted, by what.
func (d Decision) Message() string {
	q := d.Request
	if d.Allowed {
		return fmt.Sprintf("%s may %s on %s by %s", q.Principal, q.Action, q.Resource, d.By)
	}
	why := d.denied
	if why == "" {
		why = "because no identity-based policy allows the " + q.Action + " action"
	}
	return fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %q %s", q.Principal, q.Action, q.Resource, why)
}

// DecideAll holds all requests of a call against the policies. It returns the first that is denied, and all that were decided.
func (p Policies) DecideAll(requests []Request) (denied *Decision, all []Decision) {
	for _, q := range requests {
		d := p.Decide(q)
		all = append(all, d)
		if !d.Allowed {
			return &d, all
		}
	}
	return nil, all
}

// Used collects the statements that decided, for a test that no statement is there for nothing.
func Used(decisions []Decision) []Ref {
	var used []Ref
	for _, d := range decisions {
		if d.By != (Ref{}) && !slices.Contains(used, d.By) {
			used = append(used, d.By)
		}
	}
	return used
}
