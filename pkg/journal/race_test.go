package journal

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

func TestLockSurvivesMishaps(t *testing.T) {
	t.Parallel()
	l := &ledger{states: map[string]sfntypes.ExecutionStatus{arn("one"): "FAILED"}}
	get := func(owner, run string) func(*testing.T, *Store) (AcquireLockOutput, error) {
		return func(t *testing.T, s *Store) (AcquireLockOutput, error) {
			return acquire(s, l).Run(t.Context(), request(owner, run))
		}
	}
	heldByOne := func(t *testing.T, s *Store, _ *clock) {
		if _, err := get(arn("one"), "r1")(t, s); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("acquire", func(t *testing.T) { everyMishap(t, nil, get(arn("one"), "r1")) })
	t.Run("take over", func(t *testing.T) { everyMishap(t, heldByOne, get(arn("two"), "r2")) })
	t.Run("renew", func(t *testing.T) {
		everyMishap(t, func(t *testing.T, s *Store, c *clock) {
			if _, err := get("Ada", "r1")(t, s); err != nil {
				t.Fatal(err)
			}
			c.at = c.at.Add(24 * time.Hour)
		}, get("Ada", "r1"))
	})
	t.Run("release", func(t *testing.T) {
		everyMishap(t, func(t *testing.T, s *Store, c *clock) {
			heldByOne(t, s, c)
			for _, step := range []string{"fence-group", "scale-group", "scale-service"} {
				if err := s.Record(t.Context(), "r1", entry(step, 2)); err != nil {
					t.Fatal(err)
				}
			}
		}, func(t *testing.T, s *Store) (bool, error) {
			_, err := (ReleaseLock{s}).Run(t.Context(), ReleaseLockInput{Owner: arn("one"), Run: "r1", Outcome: Succeeded})
			return true, err // a repeated call finds no lock: its answer differs, the objects do not
		})
	})
	t.Run("list-left", func(t *testing.T) {
		everyMishap(t, func(t *testing.T, s *Store, _ *clock) {
			if err := s.Record(t.Context(), "r1", entry("fence-group", 2)); err != nil {
				t.Fatal(err)
			}
		}, func(t *testing.T, s *Store) (ListLeftOutput, error) {
			return ListLeft{s, staging}.Run(t.Context(), ListLeftInput{Run: "r1", Lock: true})
		})
	})
}

func TestOfManyTakersOneWins(t *testing.T) {
	t.Parallel()
	for _, taken := range []bool{false, true} {
		t.Run(fmt.Sprintf("from a dead owner %v", taken), func(t *testing.T) {
			s, _, _ := newStore()
			l := &ledger{states: map[string]sfntypes.ExecutionStatus{}}
			if taken {
				if _, err := acquire(s, l).Run(t.Context(), request(arn("dead"), "r0")); err != nil {
					t.Fatal(err)
				}
				l.states[arn("dead")] = "TIMED_OUT"
			}
			var wg sync.WaitGroup
			won := make([]bool, 16)
			for i := range won {
				name := fmt.Sprintf("r%d", i+1)
				l.states[arn(name)] = "RUNNING"
			}
			for i := range won {
				name := fmt.Sprintf("r%d", i+1)
				wg.Go(func() {
					out, err := acquire(s, l).Run(t.Context(), request(arn(name), name))
					if err != nil && lambdarun.Named(err).Type != string(fault.EnvironmentLocked) {
						t.Error(err)
					}
					won[i] = out.Acquired
				})
			}
			wg.Wait()
			winners := 0
			for _, w := range won {
				if w {
					winners++
				}
			}
			if winners != 1 {
				t.Errorf("%d of %d won, want one", winners, len(won))
			}
		})
	}
}

func TestOfTwoTakersTheSlowerIsRefused(t *testing.T) {
	t.Parallel()
	s, b, _ := newStore()
	l := &ledger{states: map[string]sfntypes.ExecutionStatus{}}
	if _, err := acquire(s, l).Run(t.Context(), request(arn("dead"), "r0")); err != nil {
		t.Fatal(err)
	}
	l.states = map[string]sfntypes.ExecutionStatus{arn("dead"): "FAILED", arn("one"): "RUNNING", arn("two"): "RUNNING"}
	writes := 0
	b.before = func(operation, key string) {
		if operation != "PutObject" || key != lockKey {
			return
		}
		if writes++; writes == 2 { // the first is the attempt to create it
			b.before = nil
			if out, err := acquire(s, l).Run(t.Context(), request(arn("two"), "r2")); err != nil || !out.Acquired {
				t.Errorf("the faster: %+v, %v", out, err)
			}
		}
	}
	if out, err := acquire(s, l).Run(t.Context(), request(arn("one"), "r1")); !named(err, fault.EnvironmentLocked) {
		t.Errorf("the slower: %+v, %v; want EnvironmentLocked", out, err)
	}
	if !strings.Contains(b.contents()[lockKey], `"run":"r2"`) {
		t.Errorf("the lock is %s; want that of r2", b.contents()[lockKey])
	}
}
