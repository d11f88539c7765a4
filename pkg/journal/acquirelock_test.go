package journal

import (
	"errors"
	"strings"
	"testing"
	"time"

	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

// staging are functions in another region than DistrictBuilder's own: commands must name it.
var staging = Functions{Region: "eu-west-1", Prefix: "dbops-staging-"}

func arn(name string) string {
	return "arn:aws:states:us-east-1:123456789012:execution:update-regions:" + name
}

func acquire(s *Store, l *ledger) AcquireLock {
	if l == nil {
		l = &ledger{}
	}
	return AcquireLock{Store: s, Executions: l, Environment: "Staging", Functions: staging}
}

func request(owner, run string) AcquireLockInput {
	return AcquireLockInput{Owner: owner, Run: run, Reason: "new census data"}
}

// under makes a request that of a nested execution.
func under(parent string, in AcquireLockInput) AcquireLockInput {
	in.Parent = parent
	return in
}

func TestDecide(t *testing.T) {
	t.Parallel()
	there := lock{Owner: arn("one"), Run: "r1", AcquiredAt: start, ExpiresAt: start.Add(time.Hour)}
	early, atExpiry, late := start.Add(time.Minute), start.Add(time.Hour), start.Add(2*time.Hour)
	for _, tt := range []struct {
		name               string
		owner, parent, run string
		state              ownerState
		now                time.Time
		want               verdict
	}{
		{"the same owner and run", arn("one"), "", "r1", ownerRunning, early, held},
		{"the same running owner after the expiry", arn("one"), "", "r1", ownerRunning, late, held},
		{"the same person after the expiry", arn("one"), "", "r1", ownerUnknown, late, renew},
		{"the same owner for another run", arn("one"), "", "r2", ownerRunning, early, locked},
		{"a nested execution of a running one", arn("two"), arn("one"), "r1", ownerRunning, early, heldByUs},
		{"a nested execution of a person's run", arn("two"), arn("one"), "r1", ownerUnknown, early, heldByUs},
		{"another execution with the run's name", arn("two"), "", "r1", ownerRunning, early, locked},
		{"another one's child with the run's name", arn("two"), arn("three"), "r1", ownerRunning, early, locked},
		{"the same run's name after its owner ended", arn("two"), "", "r1", ownerOver, early, takeOver},
		{"another run while the owner works", arn("two"), "", "r2", ownerRunning, early, locked},
		{"another run while the owner works past the expiry", arn("two"), "", "r2", ownerRunning, late, locked},
		{"another run after the owner ended", arn("two"), "", "r2", ownerOver, early, takeOver},
		{"another run, owner unknown", arn("two"), "", "r2", ownerUnknown, early, locked},
		{"another run, owner unknown, at the expiry", arn("two"), "", "r2", ownerUnknown, atExpiry, takeOver},
		{"another run, owner unknown, past the expiry", arn("two"), "", "r2", ownerUnknown, late, takeOver},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := decide(there, tt.owner, tt.parent, tt.run, tt.state, tt.now); got != tt.want {
				t.Errorf("decide = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestAcquireLock(t *testing.T) {
	t.Parallel()
	one := AcquireLockOutput{Owner: arn("one"), Run: "r1", Acquired: true, ExpiresAt: "2026-11-23T02:04:05.123Z"}
	took := AcquireLockOutput{Owner: arn("two"), Run: "r2", Acquired: true, ExpiresAt: "2026-11-23T02:04:05.123Z", TookOver: arn("one")}
	nested := one
	nested.Acquired = false
	for _, tt := range []struct {
		name  string
		held  bool // one holds it for r1
		left  bool // r1 left something behind
		state sfntypes.ExecutionStatus
		in    AcquireLockInput
		want  AcquireLockOutput
		err   fault.Name
		says  []string
	}{
		{name: "free", in: request(arn("one"), "r1"), want: one},
		{name: "again by the same owner", held: true, state: "RUNNING", in: request(arn("one"), "r1"), want: one},
		{name: "by a nested execution", held: true, state: "RUNNING", in: under(arn("one"), request(arn("two"), "r1")), want: nested},
		{name: "by an execution with the run's name", held: true, state: "RUNNING", in: request(arn("two"), "r1"), err: fault.EnvironmentLocked},
		{name: "while another run works", held: true, state: "RUNNING", in: request(arn("two"), "r2"), err: fault.EnvironmentLocked,
			says: []string{"Staging", "r1", arn("one"), "new census data", "2026-11-22T20:04:05.123Z", "2026-11-23T02:04:05.123Z", "describe-execution"}},
		{name: "while another run waits for a redrive", held: true, state: "PENDING_REDRIVE", in: request(arn("two"), "r2"), err: fault.EnvironmentLocked},
		{name: "while nobody knows the owner", held: true, in: request(arn("two"), "r2"), err: fault.EnvironmentLocked, says: []string{"force"}},
		{name: "after the owner failed", held: true, state: "FAILED", in: request(arn("two"), "r2"), want: took},
		{name: "after the owner was aborted", held: true, state: "ABORTED", in: request(arn("two"), "r2"), want: took},
		{name: "after the owner timed out", held: true, state: "TIMED_OUT", in: request(arn("two"), "r2"), want: took},
		{name: "after the owner succeeded", held: true, state: "SUCCEEDED", in: request(arn("two"), "r2"), want: took},
		{name: "after the owner failed and left something", held: true, left: true, state: "FAILED", in: request(arn("two"), "r2"),
			err: fault.EnvironmentLocked, says: []string{"scale-service is raised", "--function-name 'dbops-staging-scale-service'", `printf %s '{"run":"r1","desired":2,"undo":true}' | aws lambda invoke`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, b, _ := newStore()
			verb := acquire(s, &ledger{states: map[string]sfntypes.ExecutionStatus{}})
			if tt.held {
				if _, err := verb.Run(t.Context(), request(arn("one"), "r1")); err != nil {
					t.Fatal(err)
				}
			}
			if tt.left {
				if err := s.Record(t.Context(), "r1", entry("scale-service", 2)); err != nil {
					t.Fatal(err)
				}
			}
			if tt.state != "" {
				verb.Executions.(*ledger).states[arn("one")] = tt.state
			}
			before := b.contents()[lockKey]
			for range 2 { // a repeated call gives the same answer
				got, err := verb.Run(t.Context(), tt.in)
				if name, _ := fault.NameOf(err); name != tt.err {
					t.Fatalf("Run: %v; want %q", err, tt.err)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error(diff)
				}
				for _, text := range tt.says {
					if !strings.Contains(err.Error(), text) {
						t.Errorf("the message does not say %q: %s", text, err)
					}
				}
			}
			if tt.err != "" && b.contents()[lockKey] != before {
				t.Error("a refused call changed the lock")
			}
		})
	}
}

func TestAcquireLockOfAPerson(t *testing.T) {
	t.Parallel()
	s, _, c := newStore()
	l := &ledger{err: errors.New("a person is no execution: not to be asked about")}
	in := request("Ada", "by-hand")
	in.Minutes = 30
	if _, err := acquire(s, l).Run(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if _, err := acquire(s, l).Run(t.Context(), request("Bob", "r2")); !named(err, fault.EnvironmentLocked) {
		t.Errorf("before the expiry: %v; want EnvironmentLocked", err)
	}
	c.at = start.Add(31 * time.Minute)
	got, err := acquire(s, l).Run(t.Context(), in)
	if err != nil || !got.Acquired || got.ExpiresAt != "2026-11-22T21:05:05.123Z" {
		t.Errorf("the same person after the expiry: %+v, %v; want a new expiry", got, err)
	}
	c.at = start.Add(2 * time.Hour)
	got, err = acquire(s, l).Run(t.Context(), request("Bob", "r2"))
	if err != nil || got.TookOver != "Ada" {
		t.Errorf("another after the expiry: %+v, %v; want it taken over", got, err)
	}
}

func named(err error, name fault.Name) bool {
	got, _ := fault.NameOf(err)
	return got == name
}

func TestAcquireLockFailsClosed(t *testing.T) {
	t.Parallel()
	s, b, c := newStore()
	if _, err := acquire(s, nil).Run(t.Context(), request(arn("one"), "r1")); err != nil {
		t.Fatal(err)
	}
	before := b.contents()
	c.at = start.Add(24 * time.Hour)
	denied := &ledger{err: errors.New("AccessDenied")}
	if _, err := acquire(s, denied).Run(t.Context(), request(arn("two"), "r2")); err == nil {
		t.Error("took the lock though the owner could not be asked about")
	}
	b.objects[lockKey] = object{body: []byte(`{"owner":`)}
	if _, err := acquire(s, nil).Run(t.Context(), request(arn("two"), "r2")); err == nil {
		t.Error("took a lock that could not be read")
	}
	before[lockKey] = `{"owner":`
	if diff := cmp.Diff(before, b.contents()); diff != "" {
		t.Error(diff)
	}
}

func TestAcquireLockRefusesARunThatEnded(t *testing.T) {
	t.Parallel()
	s, _, _ := newStore()
	if _, err := (ReleaseLock{s}).Run(t.Context(), ReleaseLockInput{Owner: "x", Run: "r1", Outcome: Succeeded}); err != nil {
		t.Fatal(err)
	}
	if _, err := acquire(s, nil).Run(t.Context(), request(arn("one"), "r1")); !named(err, fault.InvalidInput) {
		t.Errorf("Run = %v; want InvalidInput", err)
	}
}

func TestTakeOverEndsTheOldRun(t *testing.T) {
	t.Parallel()
	s, _, _ := newStore()
	l := &ledger{states: map[string]sfntypes.ExecutionStatus{arn("one"): "ABORTED"}}
	for _, in := range []AcquireLockInput{request(arn("one"), "r1"), request(arn("two"), "r2")} {
		if _, err := acquire(s, l).Run(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Record(t.Context(), "r1", entry("scale-service", 2)); err == nil {
		t.Error("a function of the old run could still begin an effect")
	}
	if err := s.Record(t.Context(), "r2", entry("scale-service", 2)); err != nil {
		t.Errorf("the new run cannot record: %v", err)
	}
}

func TestInputsAreChecked(t *testing.T) {
	t.Parallel()
	good := request(arn("one"), "r1")
	for name, change := range map[string]func(*AcquireLockInput){
		"no owner":         func(in *AcquireLockInput) { in.Owner = "" },
		"no reason":        func(in *AcquireLockInput) { in.Reason = "" },
		"a bad run":        func(in *AcquireLockInput) { in.Run = "a/b" },
		"negative minutes": func(in *AcquireLockInput) { in.Minutes = -1 },
		"a month":          func(in *AcquireLockInput) { in.Minutes = 43200 },
	} {
		in := good
		change(&in)
		if in.Validate() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, in := range map[string]ReleaseLockInput{
		"no owner": {Run: "r1", Outcome: Succeeded}, "no outcome": {Owner: "x", Run: "r1"}, "no run": {Owner: "x", Outcome: Succeeded},
	} {
		if in.Validate() == nil {
			t.Errorf("release with %s is accepted", name)
		}
	}
}
