package iam

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Statement is one statement of a policy.
type Statement struct {
	Sid  string
	Deny bool

	principals   principals
	actions      []pattern
	notActions   bool
	resources    []pattern
	notResources bool
	conditions   []condition
}

// rawStatement is a statement as it is written.
type rawStatement struct {
	Sid, Effect             string
	Principal, NotPrincipal *rawPrincipal
	Action, NotAction       oneOrMany[string]
	Resource, NotResource   oneOrMany[string]
	Condition               map[string]map[string]oneOrMany[scalar]
}

func (r rawStatement) parse(k kind, variables bool) (s Statement, err error) {
	s = Statement{Sid: r.Sid, Deny: r.Effect == "Deny", notActions: r.Action == nil, notResources: r.Resource == nil && r.NotResource != nil}
	switch {
	case r.Effect != "Allow" && r.Effect != "Deny":
		return s, fmt.Errorf("unknown effect %q", r.Effect)
	case r.NotPrincipal != nil:
		return s, errors.New("NotPrincipal is not supported")
	case k == ofIdentity && r.Principal != nil:
		return s, errors.New("an identity's policy cannot name a principal")
	case k != ofIdentity && r.Principal == nil:
		return s, errors.New("a resource's policy must name a principal")
	case r.Action != nil && len(r.Action) == 0, r.NotAction != nil && len(r.NotAction) == 0,
		r.Resource != nil && len(r.Resource) == 0, r.NotResource != nil && len(r.NotResource) == 0:
		return s, errors.New("an empty list")
	case (r.Action == nil) == (r.NotAction == nil):
		return s, errors.New("needs either Action or NotAction")
	case r.Resource != nil && r.NotResource != nil, k != ofTrust && r.Resource == nil && r.NotResource == nil:
		return s, errors.New("needs either Resource or NotResource")
	}
	if r.Principal != nil {
		s.principals = r.Principal.principals
	}
	for _, action := range slices.Concat(r.Action, r.NotAction) {
		if err := checkAction(action); err != nil {
			return s, err
		}
		s.actions = append(s.actions, literalPattern(strings.ToLower(action)))
	}
	for _, resource := range slices.Concat(r.Resource, r.NotResource) {
		p, err := resourcePattern(resource, variables)
		if err != nil {
			return s, err
		}
		s.resources = append(s.resources, p)
	}
	s.conditions, err = parseConditions(r.Condition, variables)
	return s, err
}

func checkAction(action string) error {
	service, name, found := strings.Cut(action, ":")
	if action == "*" || found && service != "" && name != "" && !strings.ContainsAny(service, "*?") {
		return nil
	}
	return fmt.Errorf("%q is no action", action)
}

// resourcePattern reads what a resource must look like: * for any, or an ARN with wildcards. A wildcard is not allowed in
// the service, and one that stands for several segments is not supported: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
func resourcePattern(resource string, variables bool) (pattern, error) {
	if resource == "*" {
		return literalPattern(resource), nil
	}
	segments := strings.SplitN(resource, ":", arnSegments)
	if len(segments) < arnSegments || segments[0] != "arn" || strings.ContainsAny(segments[2], "*?") {
		return pattern{}, fmt.Errorf("%q is no ARN", resource)
	}
	return parsePattern(resource, true, variables)
}

// matches reports whether the statement says anything about the request.
func (s Statement) matches(q Request, c values) bool {
	action := strings.ToLower(q.Action)
	hasAction := slices.ContainsFunc(s.actions, func(p pattern) bool { return p.matches(action, c) })
	if hasAction == s.notActions {
		return false
	}
	hasResource := slices.ContainsFunc(s.resources, func(p pattern) bool { return p.matchesARN(q.Resource, c) })
	if s.resources != nil && hasResource == s.notResources {
		return false
	}
	for _, condition := range s.conditions {
		if !condition.holds(c) {
			return false
		}
	}
	return true
}
