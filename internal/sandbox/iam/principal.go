package iam

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// principals are whom a resource's policy speaks of.
type principals struct {
	everyone bool
	exact    []string // ARNs of roles and users, names of services
	accounts []string // their numbers
}

// rawPrincipal reads "*" or {"AWS": …, "Service": …}.
type rawPrincipal struct{ principals }

var accountPrincipal = regexp.MustCompile(`^(?:arn:aws:iam::)?([0-9]{12})(?::root)?$`)

func (r *rawPrincipal) UnmarshalJSON(text []byte) error {
	if string(text) == `"*"` {
		r.everyone = true
		return nil
	}
	var kinds map[string]oneOrMany[string]
	if err := json.Unmarshal(text, &kinds); err != nil {
		return fmt.Errorf("principal %s: %w", text, err)
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		if kind != "AWS" && kind != "Service" {
			return fmt.Errorf("principals of kind %s are not supported", kind)
		}
		for _, name := range kinds[kind] {
			if err := r.add(kind, name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *rawPrincipal) add(kind, name string) error {
	account := accountPrincipal.FindStringSubmatch(name)
	switch {
	case kind == "AWS" && name == "*":
		r.everyone = true
	case kind == "AWS" && account != nil:
		r.accounts = append(r.accounts, account[1])
	case strings.ContainsAny(name, "*?"):
		return errors.New("a principal can hold no wildcard but *: " + name)
	default:
		r.exact = append(r.exact, name)
	}
	return nil
}

// include reports whether the policy speaks of the caller. An account stands for all its roles and users where something
// is denied; where something is permitted, it only leaves it to their own policies.
func (p principals) include(caller string, deny bool) bool {
	return p.everyone || slices.Contains(p.exact, caller) || deny && slices.Contains(p.accounts, accountOf(caller))
}

// accountOf is the account of a role's or user's ARN, empty for a service.
func accountOf(principal string) string {
	if segments := strings.SplitN(principal, ":", arnSegments); len(segments) == arnSegments {
		return segments[4]
	}
	return ""
}
