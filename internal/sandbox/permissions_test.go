package sandbox

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
)

// statements are all that permit something to the roles of an environment's functions and machines.
func statements(e *Environment) (refs []iam.Ref) {
	for _, role := range e.template.Roles {
		for _, policy := range role.Policies {
			for i, s := range policy.Statements {
				if !s.Deny {
					refs = append(refs, iam.Ref{Policy: policy.Name, Index: i, Sid: s.Sid})
				}
			}
		}
	}
	return refs
}

// lost tells what is lost without a statement, "" if its lack makes something fail.
func lost(ref iam.Ref) string {
	machine := strings.HasSuffix(ref.Policy, "update-regions/runtime") || strings.HasSuffix(ref.Policy, "restart-services/runtime")
	switch {
	case ref.Sid == "RuntimeTrace":
		return "the trace"
	case ref.Sid == "RuntimeLog" && !machine:
		return "the log"
	case ref.Sid == "RuntimeDeadLetters":
		return "the event"
	}
	return ""
}

// TestNoStatementIsThereForNothing carries out all errands under the template's policies, which permit every call. Then
// it takes out one statement at a time: the environment cannot be deployed, or an errand that used it fails with
// AccessDenied. Where AWS itself keeps silent about a refusal, the refusal is looked for.
func TestNoStatementIsThereForNothing(t *testing.T) {
	use, took := map[iam.Ref][]errand{}, map[string]time.Duration{}
	var mu sync.Mutex
	var all []iam.Ref
	t.Run("with all", func(t *testing.T) {
		for _, e := range errands() {
			t.Run(e.name, func(t *testing.T) {
				t.Parallel()
				began := time.Now()
				tr := e.run(t, func(*Options) {})
				for _, d := range tr.account.Denied() {
					t.Error(d.Message())
				}
				if tr.failedForLackOfAccess() {
					t.Errorf("failed for lack of access: %q", tr.failures)
				}
				mu.Lock()
				defer mu.Unlock()
				all, took[e.name] = statements(tr.env), time.Since(began)
				for _, ref := range tr.account.Used() {
					use[ref] = append(use[ref], e)
				}
			})
		}
	})
	if len(all) < 150 {
		t.Fatalf("only %d statements", len(all))
	}
	for _, ref := range all {
		t.Run("without "+ref.String(), func(t *testing.T) {
			t.Parallel()
			if len(use[ref]) == 0 {
				t.Fatal("no errand uses it")
			}
			if undeployable(t, ref) {
				return
			}
			quickest := func(a, b errand) int { return cmp.Compare(took[a.name], took[b.name]) }
			for _, e := range slices.SortedFunc(slices.Values(use[ref]), quickest) {
				tr := e.run(t, func(o *Options) { o.Without = &ref })
				if tr.failedForLackOfAccess() && lost(ref) == "" || lost(ref) != "" && len(tr.account.Denied()) > 0 {
					return
				}
				t.Logf("%s: %d calls were refused, and it ended with %q", e.name, len(tr.account.Denied()), tr.failures)
			}
			t.Error("no errand fails with AccessDenied without it")
		})
	}
}

// undeployable reports whether AWS refuses to make a function or a machine whose role lacks a statement.
func undeployable(t *testing.T, ref iam.Ref) bool {
	t.Helper()
	if lost(ref) != "" || !strings.HasSuffix(ref.Policy, "/runtime") && ref.Sid != "HearOfNested" {
		return false // what is done at each run is not looked at when something is made
	}
	o := options(t)
	o.Without = &ref
	account, err := Start(t.Context(), o)
	if err != nil {
		if !strings.Contains(err.Error(), "AccessDenied") {
			t.Errorf("refused, but how: %v", err)
		}
		return true
	}
	if err := account.Close(); err != nil {
		t.Error(err)
	}
	return false
}

// failedForLackOfAccess reports whether a run or a function failed and said that AWS refused a call. SNS calls it by
// another name than everybody else, and a database does not say whether a token or IAM was the reason.
func (tr *trial) failedForLackOfAccess() bool {
	return slices.ContainsFunc(tr.failures, func(f string) bool {
		return strings.Contains(f, "AccessDenied") || strings.Contains(f, "AuthorizationError") || strings.Contains(f, "PAM authentication failed")
	})
}

// TestCodeMayNotReachForTheNetwork: what Lambda may do with the role of a function in the VPC, the function's code may not.
func TestCodeMayNotReachForTheNetwork(t *testing.T) {
	t.Parallel()
	account := newTrial(t).account
	asked := 0
	for _, f := range account.functions {
		if !f.deployed.InVPC {
			continue
		}
		asked++
		for _, q := range placesInVPC() {
			if account.iam.decide(account.iam.principals[accessKey(f.Name)], q) == nil {
				t.Errorf("the code of %s may %s", f.Name, q.Action)
			}
			if refused := account.iam.decide(f.service(account), q); refused != nil {
				t.Errorf("Lambda may not, for %s: %s", f.Name, refused.Message())
			}
		}
	}
	if asked < 5 {
		t.Errorf("only %d functions are in a VPC", asked)
	}
}
