package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
)

// Role is an IAM role.
type Role struct {
	ID, Name, ARN string
	// Trust says who may assume it.
	Trust iam.Policy
	// Policies are all that are attached to it: its own, those that name it, and managed ones.
	// The name of each is "<role>/<policy>".
	Policies iam.Policies
}

// ManagedPolicy is a policy that can be attached to anybody.
type ManagedPolicy struct {
	ID, Name, ARN string
	Policy        iam.Policy

	document json.RawMessage
	roles    []string // names
}

func (l *loader) managedPolicies(t *Template) error {
	type properties struct {
		PolicyDocument json.RawMessage
		Roles          []string
	}
	return each(l, "AWS::IAM::ManagedPolicy", func(id string, p properties) error {
		m := ManagedPolicy{ID: id, document: p.PolicyDocument, roles: p.Roles}
		var err error
		if m.Name, m.ARN, err = l.nameAndARN(id); err != nil {
			return err
		}
		m.Policy, err = iam.Identity(m.Name, p.PolicyDocument)
		t.ManagedPolicies = append(t.ManagedPolicies, m)
		return err
	})
}

// attached is a policy on its way to a role.
type attached struct {
	PolicyName     string
	PolicyDocument json.RawMessage
}

func (l *loader) roles(t *Template) error {
	type properties struct {
		AssumeRolePolicyDocument json.RawMessage
		Policies                 []attached
		ManagedPolicyArns        []string
		PermissionsBoundary      any
	}
	byRole, err := l.attachments()
	if err != nil {
		return err
	}
	return each(l, "AWS::IAM::Role", func(id string, p properties) error {
		r := Role{ID: id}
		var err error
		if r.Name, r.ARN, err = l.nameAndARN(id); err != nil {
			return err
		}
		if r.Trust, err = iam.Trust(r.Name+"/trust", p.AssumeRolePolicyDocument); err != nil {
			return err
		}
		if p.PermissionsBoundary != nil {
			return errors.New("a permissions boundary is not supported")
		}
		managed, err := t.managed(r.Name, p.ManagedPolicyArns)
		if err != nil {
			return err
		}
		for _, a := range slices.Concat(p.Policies, byRole[r.Name], managed) {
			policy, err := iam.Identity(r.Name+"/"+a.PolicyName, a.PolicyDocument)
			if err != nil {
				return err
			}
			r.Policies = append(r.Policies, policy)
		}
		t.Roles = append(t.Roles, r)
		return nil
	})
}

// attachments are the policies that name the roles that have them, by role.
func (l *loader) attachments() (map[string][]attached, error) {
	type properties struct {
		PolicyName     string
		PolicyDocument json.RawMessage
		Roles          []string
	}
	byRole := map[string][]attached{}
	err := each(l, "AWS::IAM::Policy", func(_ string, p properties) error {
		for _, role := range p.Roles {
			byRole[role] = append(byRole[role], attached{p.PolicyName, p.PolicyDocument})
		}
		return nil
	})
	return byRole, err
}

// managed are a role's managed policies. What those of AWS say is not in the template.
func (t *Template) managed(role string, arns []string) ([]attached, error) {
	var found []attached
	for _, m := range t.ManagedPolicies {
		if slices.Contains(arns, m.ARN) || slices.Contains(m.roles, role) {
			found = append(found, attached{m.Name, m.document})
		}
	}
	for _, arn := range arns {
		if !slices.ContainsFunc(t.ManagedPolicies, func(m ManagedPolicy) bool { return m.ARN == arn }) {
			return nil, fmt.Errorf("the managed policy %s is not in the template", arn)
		}
	}
	return found, nil
}

// roleName is the name in a role's ARN.
func roleName(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }
