package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// needed are the permissions of the calls that are made when all is well, by how the account is set up.
func needed(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for name, v := range setups() {
		w := newWorld()
		v.world(w)
		project(t, w, "Staging", v.settings)
		if ready, screen := look(t, "staging"); !ready {
			t.Fatal(screen)
		}
		delete(w.seen, "sts:GetCallerIdentity") // everybody may ask that
		found[name] = slices.Sorted(maps.Keys(w.seen))
	}
	return found
}

type setup struct {
	settings change
	world    func(*world)
}

// setups are the variants, and others in which all is well: secrets are reached through a NAT gateway, buckets have keys,
// the other database is in another VPC.
func setups() map[string]setup {
	found := map[string]setup{
		"NAT":  {world: func(w *world) { w.net.endpoints = nil }},
		"keys": {settings: dataKey(keyARN), world: func(w *world) { w.encrypts[data] = "alias/data" }},
		"managed keys": {world: func(w *world) {
			w.encrypts[data], w.encrypts["districtbuilder-production-data"] = managed, awsKeyARN
		}},
		"no encryption": {world: func(w *world) { w.encrypts[data] = none }},
		"deployed": {world: func(w *world) {
			w.deployed = true
			w.buckets["dbops-staging-state-"+number] = "us-east-1"
		}},
		"peered": {settings: variants["tokens"], world: func(w *world) {
			w.net.peered()
			w.rds.member.Within = &place{vpc2, zoneOfOther}
		}},
	}
	for name, v := range variants {
		found[name] = setup{v, func(*world) {}}
	}
	return found
}

func TestADeniedPermissionIsNamedAndNothingIsCalledMissing(t *testing.T) {
	all := setups()
	for name, permissions := range needed(t) {
		for _, p := range permissions {
			t.Run(name+" "+p, func(t *testing.T) {
				w := newWorld()
				all[name].world(w)
				w.denied = p
				project(t, w, "Staging", all[name].settings)
				ready, screen := look(t, "staging")
				if ready || !strings.Contains(screen, "cannot look: needs "+p) || strings.Contains(screen, "MISSING") {
					t.Errorf("ready %t, want needs %s and nothing missing:\n%s", ready, p, screen)
				}
			})
		}
	}
}

// TestTheDocumentedPermissionsAreThoseOfTheCalls also shows that every call of the interfaces has been made.
func TestTheDocumentedPermissionsAreThoseOfTheCalls(t *testing.T) {
	called := map[string]bool{}
	for _, permissions := range needed(t) {
		for _, p := range permissions {
			called[p] = true
		}
	}
	calls := slices.Sorted(maps.Keys(called))
	if documented := documented(t); !slices.Equal(documented, calls) {
		t.Errorf("docs/deploying.md permits %q\nthe calls need %q", documented, calls)
	}
	methods := -1 // GetCallerIdentity
	for f := range reflect.TypeFor[clients]().NumField() {
		methods += reflect.TypeFor[clients]().Field(f).Type.NumMethod()
	}
	if methods != len(calls) {
		t.Errorf("the clients have %d calls, made were %d: %q", methods, len(calls), calls)
	}
	for _, c := range calls {
		_, name, _ := strings.Cut(c, ":")
		if !slices.ContainsFunc([]string{"Describe", "Get", "List"}, func(verb string) bool { return strings.HasPrefix(name, verb) }) {
			t.Errorf("%s does not only read", c)
		}
	}
}

// documented reads the policy that docs/deploying.md shows for preflight.
func documented(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(source, "docs", "deploying.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "```json\n")
	block, _, closed := strings.Cut(rest, "```")
	var policy struct {
		Statement []struct {
			Effect, Resource string
			Action           []string
		}
	}
	if err := json.Unmarshal([]byte(block), &policy); err != nil || !found || !closed || len(policy.Statement) != 1 {
		t.Fatalf("docs/deploying.md shows no policy of one statement: %v\n%s", err, block)
	}
	if s := policy.Statement[0]; s.Effect != "Allow" || s.Resource != "*" {
		t.Errorf("statement = %+v", s)
	}
	return slices.Sorted(slices.Values(policy.Statement[0].Action))
}
