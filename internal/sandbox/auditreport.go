package sandbox

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// RegionReport compares a region with what it was when the audit began.
type RegionReport struct {
	Name          string
	Before, After time.Time // versions
	Data          string    // "new", "as before" or "MIXED"
	Compared      string    // how many objects are what they should be, of how many: "3013 of 3013"
	Backups       []string  // names of the backups that hold the data from before
}

// Regions compares every region.
func (a *Audit) Regions(ctx context.Context) ([]RegionReport, error) {
	now, err := a.env.Rows(ctx)
	if err != nil {
		return nil, err
	}
	var reports []RegionReport
	for _, id := range slices.SortedFunc(maps.Keys(a.before), func(x, y string) int { return strings.Compare(a.before[x].URI, a.before[y].URI) }) {
		r := RegionReport{Name: a.before[id].Name, Before: a.before[id].Version, After: now[id].Version, Data: "untouched"}
		uri, _, err := s3uri.Parse(a.before[id].URI)
		if err != nil {
			return nil, err
		}
		if _, updated := a.live[uri]; updated {
			if err := a.compare(ctx, uri, &r); err != nil {
				return nil, err
			}
		}
		reports = append(reports, r)
	}
	return reports, nil
}

func (a *Audit) compare(ctx context.Context, uri s3uri.Prefix, r *RegionReport) error {
	live, err := a.contents(ctx, uri)
	if err != nil {
		return err
	}
	switch wanted, before := a.wanted[uri], a.live[uri]; {
	case maps.Equal(live, wanted):
		r.Data, r.Compared = "new", alike(live, wanted)
	case maps.Equal(live, before):
		r.Data, r.Compared = "as before", alike(live, before)
	default:
		r.Data, r.Compared = "MIXED", alike(live, wanted)+" new, "+alike(live, before)+" as before"
	}
	backups, err := a.backups(ctx, uri)
	if err != nil {
		return err
	}
	for _, b := range backups {
		held, err := a.contents(ctx, b)
		if err != nil {
			return err
		}
		if maps.Equal(held, a.live[uri]) {
			_, name, _ := strings.Cut(b.Key, "-backup-")
			r.Backups = append(r.Backups, "-backup-"+strings.TrimSuffix(name, "/"))
		}
	}
	return nil
}

// alike counts the objects that are the same in both, of all that are in one or the other.
func alike(x, y contents) string {
	all, same := len(x), 0
	for key, object := range y {
		switch there, ok := x[key]; {
		case !ok:
			all++
		case there == object:
			same++
		}
	}
	return fmt.Sprintf("%d of %d", same, all)
}

// FleetReport compares the fleet with what it was when the audit began.
type FleetReport struct {
	Old, Now                  []string // tasks with their states
	LeastHealthy, MostHealthy int
	Samples                   []HealthSpan
	Desired, DesiredBefore    int
	Group, GroupBefore        int
	Rest                      string // of fence, protection and lock: "as before", or what is not
}

// HealthSpan is a number of healthy targets and how long it lasted.
type HealthSpan struct {
	Healthy int
	For     time.Duration
}

// Fleet reports on the fleet, and on the lock.
func (a *Audit) Fleet(ctx context.Context) (FleetReport, error) {
	now := a.env.Fleet.Snapshot()
	r := FleetReport{Desired: now.Desired, DesiredBefore: a.fleet.Desired, Group: now.Group.Desired, GroupBefore: a.fleet.Group.Desired, LeastHealthy: a.fleet.Healthy}
	for _, t := range now.Tasks {
		if slices.Contains(a.OldTasks(), t.ARN) {
			r.Old = append(r.Old, t.ID[:6]+" "+strings.ToLower(t.Status))
		}
		if t.Service == a.env.Fleet.Names.Service && t.Status != "STOPPED" {
			r.Now = append(r.Now, fmt.Sprintf("%s %s %d/%d", t.ID[:6], t.Target, t.Complete, t.Total))
		}
	}
	var err error
	if r.Rest, err = a.rest(ctx, now); err != nil {
		return FleetReport{}, err
	}
	history := a.env.Fleet.History()[a.since-1:]
	for i, s := range history {
		r.LeastHealthy, r.MostHealthy = min(r.LeastHealthy, s.Healthy), max(r.MostHealthy, s.Healthy)
		from, until := s.At, now.At
		if from.Before(a.fleet.At) {
			from = a.fleet.At
		}
		if i+1 < len(history) {
			until = history[i+1].At
		}
		r.Samples = append(r.Samples, HealthSpan{s.Healthy, until.Sub(from)})
	}
	return r, nil
}

// rest looks at fence, protection and lock.
func (a *Audit) rest(ctx context.Context, now fleetsim.Snapshot) (string, error) {
	var not []string
	if now.Group.Fenced != a.fleet.Group.Fenced {
		not = append(not, fmt.Sprintf("the group is fenced: %v, before %v", now.Group.Fenced, a.fleet.Group.Fenced))
	}
	for _, t := range now.Tasks {
		if t.Protected {
			not = append(not, "task "+t.ID[:6]+" is protected")
		}
	}
	lock, err := journal.WatchLock{Store: journal.New(a.account.S3(), a.env.StateBucket, a.account.Now)}.Run(ctx, journal.WatchLockInput{})
	if err != nil {
		return "", err
	}
	if lock.Held {
		not = append(not, fmt.Sprintf("the lock is held by run %s (%s)", lock.Run, lock.Owner))
	}
	if not == nil {
		return "as before", nil
	}
	return "NOT as before: " + strings.Join(not, "; "), nil
}

// UsualHealthy is the number of healthy targets before the run.
func (a *Audit) UsualHealthy() int { return a.fleet.Healthy }
