// Package iam decides, as AWS does, whether a request is permitted: it reads policy documents, and tells of a request as
// it arrives at an endpoint which actions on which resources it needs, and with which condition keys.
//
// It knows what policies of small stacks use. An operator, a key or an element that it does not know is an error when a
// policy is read, and a call that it does not know is an error when it is made: it never permits what it did not understand.
package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Policy is a policy document that was read and found to be understood.
type Policy struct {
	Name       string
	Statements []Statement
	kind       kind
}

// Policies are all policies that a request is held against: those of the caller and that of the resource.
type Policies []Policy

// kind is what a policy is attached to.
type kind int

const (
	ofIdentity kind = iota
	ofResource
	ofTrust
)

func (k kind) String() string {
	if k == ofIdentity {
		return "an identity-based policy"
	}
	return "a resource-based policy"
}

// Ref names a statement. Index counts from 0 in its policy.
type Ref struct {
	Policy string
	Index  int
	Sid    string
}

func (r Ref) String() string {
	if r.Sid != "" {
		return r.Policy + "/" + r.Sid
	}
	return fmt.Sprintf("%s/statement %d", r.Policy, r.Index)
}

// Identity reads a policy of a role or user. It may not name a principal: AWS refuses that too.
func Identity(name string, document []byte) (Policy, error) { return parse(ofIdentity, name, document) }

// Resource reads a policy of a bucket, a topic, a queue or a function. Each statement must name a principal.
func Resource(name string, document []byte) (Policy, error) { return parse(ofResource, name, document) }

// Trust reads the policy of a role that says who may assume it: its statements name no resource.
func Trust(name string, document []byte) (Policy, error) { return parse(ofTrust, name, document) }

// variablesVersion is the only policy language in which ${…} is a variable.
const variablesVersion = "2012-10-17"

func parse(k kind, name string, document []byte) (Policy, error) {
	var d struct {
		Version, ID string
		Statement   oneOrMany[rawStatement]
	}
	decode := json.NewDecoder(bytes.NewReader(document))
	decode.DisallowUnknownFields()
	if err := decode.Decode(&d); err != nil {
		return Policy{}, fmt.Errorf("policy %s: %w", name, err)
	}
	if !slices.Contains([]string{variablesVersion, "2008-10-17", ""}, d.Version) {
		return Policy{}, fmt.Errorf("policy %s: unknown version %q", name, d.Version)
	}
	if len(d.Statement) == 0 {
		return Policy{}, fmt.Errorf("policy %s has no statement", name)
	}
	p := Policy{Name: name, kind: k}
	sids := map[string]bool{}
	for i, raw := range d.Statement {
		s, err := raw.parse(k, d.Version == variablesVersion)
		if err == nil && s.Sid != "" && sids[s.Sid] {
			err = errors.New("the Sid stands twice")
		}
		if err != nil {
			return Policy{}, fmt.Errorf("policy %s: %w", Ref{name, i, raw.Sid}, err)
		}
		sids[s.Sid] = true
		p.Statements = append(p.Statements, s)
	}
	return p, nil
}

// Refs lists the policies' statements.
func (p Policies) Refs() []Ref {
	var refs []Ref
	for _, policy := range p {
		for i, s := range policy.Statements {
			refs = append(refs, Ref{policy.Name, i, s.Sid})
		}
	}
	return refs
}

// Without returns the policies but one statement: the way to see what it is there for.
// The other statements keep their Sids, those behind it get an index that is lower by one.
func (p Policies) Without(ref Ref) Policies {
	left := slices.Clone(p)
	for i, policy := range left {
		if policy.Name == ref.Policy && ref.Index < len(policy.Statements) {
			left[i].Statements = slices.Delete(slices.Clone(policy.Statements), ref.Index, ref.Index+1)
		}
	}
	return left
}

// oneOrMany reads an element that may be a list or a single value.
type oneOrMany[T any] []T

func (o *oneOrMany[T]) UnmarshalJSON(text []byte) error {
	strict := func(into any) error {
		decode := json.NewDecoder(bytes.NewReader(text))
		decode.DisallowUnknownFields()
		return decode.Decode(into)
	}
	if text[0] == '[' {
		return strict((*[]T)(o))
	}
	var one T
	err := strict(&one)
	*o = oneOrMany[T]{one}
	return err
}

// scalar reads a text, a number or a boolean as a text: conditions hold any of them.
type scalar string

func (s *scalar) UnmarshalJSON(text []byte) error {
	switch text[0] {
	case '"':
		return json.Unmarshal(text, (*string)(s))
	case '{', '[', 'n':
		return fmt.Errorf("%s is no text, number or boolean", text)
	}
	*s = scalar(text)
	return nil
}
