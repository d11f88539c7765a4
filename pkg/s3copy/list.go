package s3copy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// List lists what lies under at now. It is not resumable: a listing that the deadline cuts off is an error.
func (c *Copier) List(ctx context.Context, at s3uri.Prefix) (Inventory, error) {
	s := c.session(ctx)
	defer s.end()
	return s.list(at)
}

// Take is List, and reads what a copy in parts would have to send again.
func (c *Copier) Take(ctx context.Context, at s3uri.Prefix) (Inventory, error) {
	s := c.session(ctx)
	defer s.end()
	inv, err := s.list(at)
	if err != nil {
		return Inventory{}, err
	}
	err = s.each(len(inv.Objects), func(i int) error {
		o := &inv.Objects[i]
		if !s.options.inParts(*o) {
			return nil
		}
		head, err := s.describe(at, *o)
		o.Head = &head
		return err
	})
	if err != nil {
		return Inventory{}, err
	}
	return inv, nil
}

// Empty reports whether nothing lies under at. S3 may list no keys at first and say that there are more: that is not empty.
func (c *Copier) Empty(ctx context.Context, at s3uri.Prefix) (bool, error) {
	s := c.session(ctx)
	defer s.end()
	listed, err := s.listObjects(&s3.ListObjectsV2Input{Bucket: &at.Bucket, Prefix: &at.Key, MaxKeys: aws.Int32(1)})
	if err != nil {
		return false, fmt.Errorf("list %s: %w", at, err)
	}
	return len(listed.Contents) == 0 && !aws.ToBool(listed.IsTruncated), nil
}

// list lists all that lies under at.
func (s *session) list(at s3uri.Prefix) (Inventory, error) {
	objects, err := s.listRange(at, keyRange{})
	return Inventory{Prefix: at, Objects: objects}, err
}

// listLike is list of a place that is expected to hold these keys: they tell where each page begins, so that all pages are
// asked for at once. What is there beside them is listed too.
func (s *session) listLike(at s3uri.Prefix, expected []Object) (Inventory, error) {
	if !slices.IsSortedFunc(expected, func(a, b Object) int { return strings.Compare(a.Key, b.Key) }) {
		return s.list(at)
	}
	var starts []string
	for i := pageSize - 1; i < len(expected)-1; i += pageSize {
		starts = append(starts, at.File(expected[i].Key))
	}
	objects, err := s.listRanges(at, keyRange{}.cut(starts))
	return Inventory{Prefix: at, Objects: objects}, err
}

// listRanges lists ranges at once.
func (s *session) listRanges(at s3uri.Prefix, ranges []keyRange) ([]Object, error) {
	objects := make([][]Object, len(ranges))
	err := s.each(len(ranges), func(i int) (err error) {
		objects[i], err = s.listRange(at, ranges[i])
		return err
	})
	return slices.Concat(objects...), err
}

// listRange lists a range. While its second page comes, folders are looked for that tell where to divide the rest, so that its parts
// can be listed at once. Without any the rest is listed page after page.
func (s *session) listRange(at s3uri.Prefix, r keyRange) ([]Object, error) {
	var levels []level
	var objects []Object
	for pages := 1; ; pages++ {
		var looking sync.WaitGroup
		if after := r.after; pages == 2 {
			looking.Go(func() { levels = s.levels(at, after) })
		}
		page, more, err := s.page(at, r)
		looking.Wait()
		if err != nil {
			return nil, err
		}
		if objects = append(objects, page...); !more {
			return objects, nil
		}
		r.after = at.File(page[len(page)-1].Key)
		if starts := divide(at, r, page, levels); len(starts) > 0 {
			rest, err := s.listRanges(at, r.cut(starts))
			return append(objects, rest...), err
		}
	}
}
