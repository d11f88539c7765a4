package s3copy

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// Job is a copy of an inventory's objects to another prefix. What else lies there stays.
type Job struct {
	Source      Inventory
	Destination s3uri.Prefix
	// Phase says in which turn a key becomes visible: all of phase 0 before anything of phase 1, and so on.
	// The parts of large objects are copied at once, whatever their phase; only their completion waits. nil is one phase.
	Phase func(key string) int
	// Since excludes what was there before from being taken for a copy made by an earlier call: it must have been written
	// later than this, by S3's clock in whole seconds. An object may have the right content and still the old headers.
	Since time.Time
	// Present, if not nil, says of an object that is there already that nothing need be done.
	Present func(want, there Object) bool
}

// Result says how far a copy has come.
type Result struct {
	Objects     int   // in the inventory
	Bytes       int64 // in the inventory
	Copied      int   // by this call
	CopiedBytes int64 // by this call
	Left        int   // for the next call
	Done        bool
}

// Copy copies what is missing at the destination. Result.Done is false when the deadline of ctx stopped it first:
// another call goes on from there. It does not verify: see Verify.
// An object of the source that is not the one of the inventory any more is a *SourceChangedError.
func (c *Copier) Copy(ctx context.Context, job Job) (Result, error) {
	s := c.session(ctx)
	defer s.end()
	t := &transfer{session: s, job: job}
	err := t.run()
	result := Result{Objects: len(job.Source.Objects), Bytes: job.Source.Bytes(), Copied: int(t.copied.Load()), CopiedBytes: t.bytes.Load()}
	result.Left = len(job.Source.Objects) - t.present - result.Copied
	if err != nil && !errors.Is(err, errStopped) {
		return result, err
	}
	result.Done = result.Left == 0
	return result, nil
}

// transfer is one call of Copy.
type transfer struct {
	*session
	job     Job
	present int // objects that needed no copy
	copied  atomic.Int64
	bytes   atomic.Int64 // of the objects copied
	begun   atomic.Int64 // uploads that S3 was asked to begin,
	ended   atomic.Int64 // and those that it completed
}

// phase is what becomes visible together.
type phase struct {
	small []Object
	large []*upload
}

func (t *transfer) run() error {
	var tidying sync.WaitGroup
	tidying.Go(func() { t.failed(t.abandon()) })
	missing, err := t.missing()
	tidying.Wait()
	if err = cmp.Or(err, t.cause()); err != nil {
		return err
	}
	phases, large := t.plan(missing)
	defer t.cleanUp()
	var parts sync.WaitGroup
	parts.Go(func() { t.copyParts(large) })
	defer parts.Wait()
	for _, p := range phases {
		var large sync.WaitGroup
		large.Go(func() { _ = t.each(len(p.large), func(i int) error { return t.finish(p.large[i]) }) })
		_ = t.each(len(p.small), func(i int) error { return t.copySmall(p.small[i]) })
		large.Wait()
		if err := t.cause(); err != nil {
			return err
		}
	}
	return nil
}

// plan sorts the objects into phases, the largest first in each.
func (t *transfer) plan(missing []Object) (phases []phase, large []*upload) {
	slices.SortStableFunc(missing, func(a, b Object) int { return cmp.Compare(b.Size, a.Size) })
	byPhase := map[int]*phase{}
	for _, o := range missing {
		n := 0
		if t.job.Phase != nil {
			n = t.job.Phase(o.Key)
		}
		if byPhase[n] == nil {
			byPhase[n] = &phase{}
		}
		if !t.options.inParts(o) {
			byPhase[n].small = append(byPhase[n].small, o)
			continue
		}
		u := &upload{object: o, copied: make(chan struct{})}
		large, byPhase[n].large = append(large, u), append(byPhase[n].large, u)
	}
	numbers := make([]int, 0, len(byPhase))
	for n := range byPhase {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		phases = append(phases, *byPhase[n])
	}
	return phases, large
}

// missing lists the destination and returns the objects that have to be copied.
func (t *transfer) missing() ([]Object, error) {
	listed, err := t.listLike(t.job.Destination, t.job.Source.Objects)
	if err != nil {
		return nil, err
	}
	there, objects := listed.ByKey(), t.job.Source.Objects
	present := make([]bool, len(objects))
	err = t.each(len(objects), func(i int) (err error) {
		if is, ok := there[objects[i].Key]; ok {
			present[i], err = t.isPresent(objects[i], is)
		}
		return err
	})
	var missing []Object
	for i, o := range objects {
		if !present[i] {
			missing = append(missing, o)
		}
	}
	t.present = len(objects) - len(missing)
	return missing, err
}

// isPresent decides whether what is there is the copy of want.
func (t *transfer) isPresent(want, there Object) (bool, error) {
	switch {
	case t.job.Present != nil && t.job.Present(want, there):
		return true, nil
	case there.Size != want.Size || !there.LastModified.After(t.job.Since):
		return false, nil
	}
	found, err := t.compare(pair{t.job.Source.Prefix, want, t.job.Destination, there})
	return found == equal, err
}

func (t *transfer) copySmall(o Object) error {
	from, to := t.job.Source.Prefix, t.job.Destination
	in := &s3.CopyObjectInput{
		Bucket: &to.Bucket, Key: aws.String(to.File(o.Key)),
		CopySource: copySource(from, o.Key), CopySourceIfMatch: aws.String(quoted(o.ETag)),
	}
	err := t.do(load{bytes: o.Size, paces: o.Size <= 1<<20}, func(ctx context.Context) error {
		_, err := t.client.CopyObject(ctx, in, singly)
		return err
	})
	if err != nil {
		return about(sourceError(err, from, o), "copy", from, o.Key)
	}
	t.count(o)
	return nil
}

// count adds a copied object.
func (t *transfer) count(o Object) {
	t.copied.Add(1)
	t.bytes.Add(o.Size)
}
