package sandbox

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// RegionReport compares a region with what it was when the audit began.
type RegionReport struct {
	Name          string
	Before, After time.Time // versions
	Data          string    // "new", "as before" or "MIXED"
	Compared      string    // how many objects were compared with what they should be
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
	switch {
	case maps.Equal(live, a.wanted[uri]):
		r.Data = "new"
	case maps.Equal(live, a.live[uri]):
		r.Data = "as before"
	default:
		r.Data = "MIXED"
	}
	r.Compared = fmt.Sprintf("%d of %d", len(live), len(live))
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

// FleetReport compares the fleet with what it was when the audit began.
type FleetReport struct {
	Old, Now                  []string // tasks with their states
	LeastHealthy, MostHealthy int
	Samples                   []HealthSpan
	Desired, DesiredBefore    int
	Group, GroupBefore        int
	Rest                      string
}

// HealthSpan is a number of healthy targets and how long it lasted.
type HealthSpan struct {
	Healthy int
	For     time.Duration
}

// Fleet reports on the fleet.
func (a *Audit) Fleet() FleetReport {
	now := a.env.Fleet.Snapshot()
	r := FleetReport{Desired: now.Desired, DesiredBefore: a.fleet.Desired, Group: now.Group.Desired, GroupBefore: a.fleet.Group.Desired, LeastHealthy: a.fleet.Healthy, Rest: "as before"}
	for _, t := range now.Tasks {
		state := t.ID[:6] + " " + strings.ToLower(t.Status)
		switch {
		case slices.Contains(a.OldTasks(), t.ARN):
			r.Old = append(r.Old, state)
			fallthrough
		default:
			if t.Service == a.env.Fleet.Names.Service && t.Status != "STOPPED" {
				r.Now = append(r.Now, fmt.Sprintf("%s %s %d/%d", t.ID[:6], t.Target, t.Complete, t.Total))
			}
		}
		if t.Protected {
			r.Rest = "NOT as before"
		}
	}
	if now.Group.Fenced != a.fleet.Group.Fenced {
		r.Rest = "NOT as before"
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
	return r
}

// UsualHealthy is the number of healthy targets before the run.
func (a *Audit) UsualHealthy() int { return a.fleet.Healthy }
