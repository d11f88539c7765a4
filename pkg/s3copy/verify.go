package s3copy

import (
	"context"
	"errors"
	"sync"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// Report is what Verify has found.
type Report struct {
	// Differences are the objects that are missing, or are not proven equal to their source, in the inventory's order.
	Differences []Difference
	// Extra are the keys that the inventory does not have.
	Extra []string
	// There is the destination as it was compared.
	There Inventory
	// Done is false when the deadline stopped the comparison. The report is not complete then and proves nothing.
	Done bool
}

// Equal reports whether every object of the inventory is there with the same content. Extra objects do not matter.
func (r Report) Equal() bool { return r.Done && len(r.Differences) == 0 }

// Verify compares every object of the inventory with the one at the destination: see the package's comment for how.
// Where it has to read the source, one that is no longer the inventory's is a *SourceChangedError.
func (c *Copier) Verify(ctx context.Context, source Inventory, destination s3uri.Prefix) (Report, error) {
	s := c.session(ctx)
	defer s.end()
	report, err := s.verify(source, destination)
	if errors.Is(err, errStopped) {
		return report, nil
	}
	report.Done = err == nil
	return report, err
}

func (s *session) verify(source Inventory, destination s3uri.Prefix) (Report, error) {
	there, err := s.listLike(destination, source.Objects)
	if err != nil {
		return Report{}, err
	}
	report, is := Report{There: there}, there.ByKey()
	problems := make([]string, len(source.Objects))
	err = s.each(len(source.Objects), func(i int) (err error) {
		want := source.Objects[i]
		copied, ok := is[want.Key]
		if !ok {
			problems[i] = "is missing"
			return nil
		}
		problems[i], err = s.problem(pair{source.Prefix, want, destination, copied})
		return err
	})
	for i, problem := range problems {
		delete(is, source.Objects[i].Key)
		if problem != "" {
			report.Differences = append(report.Differences, Difference{source.Objects[i].Key, problem})
		}
	}
	for _, o := range there.Objects {
		if _, extra := is[o.Key]; extra {
			report.Extra = append(report.Extra, o.Key)
		}
	}
	return report, err
}

// readers bounds how many pairs of objects are read at once, for the sake of memory.
type readers struct {
	once  sync.Once
	slots chan struct{}
}

func (r *readers) take(ctx context.Context) (release func(), err error) {
	r.once.Do(func() { r.slots = make(chan struct{}, 4) })
	select {
	case r.slots <- struct{}{}:
		return func() { <-r.slots }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
