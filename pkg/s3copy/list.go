package s3copy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

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

// Empty reports whether nothing lies under at.
func (c *Copier) Empty(ctx context.Context, at s3uri.Prefix) (bool, error) {
	s := c.session(ctx)
	defer s.end()
	var listed *s3.ListObjectsV2Output
	err := s.do(load{}, func(ctx context.Context) (err error) {
		listed, err = s.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &at.Bucket, Prefix: &at.Key, MaxKeys: aws.Int32(1)}, singly)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("list %s: %w", at, err)
	}
	return len(listed.Contents) == 0, nil
}

// list lists all that lies under at, page after page.
func (s *session) list(at s3uri.Prefix) (Inventory, error) {
	objects, err := s.listRange(at, "", "")
	return Inventory{Prefix: at, Objects: objects}, err
}

// listLike is list of a place that is expected to hold these keys: they tell where each page begins, so that all pages are
// asked for at once. What is there beside them is listed too.
func (s *session) listLike(at s3uri.Prefix, expected []Object) (Inventory, error) {
	if !slices.IsSortedFunc(expected, func(a, b Object) int { return strings.Compare(a.Key, b.Key) }) {
		return s.list(at)
	}
	bounds := []string{""}
	for i := page - 1; i < len(expected)-1; i += page {
		bounds = append(bounds, expected[i].Key)
	}
	ranges := make([][]Object, len(bounds))
	err := s.each(len(bounds), func(i int) (err error) {
		last := ""
		if i+1 < len(bounds) {
			last = bounds[i+1]
		}
		ranges[i], err = s.listRange(at, bounds[i], last)
		return err
	})
	return Inventory{Prefix: at, Objects: slices.Concat(ranges...)}, err
}

// page is how many keys S3 lists at once.
const page = 1000

// listRange lists the keys after one key up to and with another; "" is no bound.
func (s *session) listRange(at s3uri.Prefix, after, last string) ([]Object, error) {
	in := &s3.ListObjectsV2Input{Bucket: &at.Bucket, Prefix: &at.Key}
	if after != "" {
		in.StartAfter = aws.String(at.File(after))
	}
	var objects []Object
	for {
		var listed *s3.ListObjectsV2Output
		err := s.do(load{}, func(ctx context.Context) (err error) {
			listed, err = s.client.ListObjectsV2(ctx, in, singly)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", at, err)
		}
		for _, o := range listed.Contents {
			object, err := objectOf(at, o)
			if err != nil {
				return nil, err
			}
			if last != "" && object.Key > last {
				return objects, nil
			}
			objects = append(objects, object)
		}
		if !aws.ToBool(listed.IsTruncated) || last != "" && len(objects) > 0 && objects[len(objects)-1].Key == last {
			return objects, nil
		}
		in.ContinuationToken = listed.NextContinuationToken
	}
}

// objectOf reads an entry of a listing. Times are whole seconds, as S3 keeps them.
func objectOf(at s3uri.Prefix, o types.Object) (Object, error) {
	key, below := strings.CutPrefix(aws.ToString(o.Key), at.Key)
	if !below {
		return Object{}, fmt.Errorf("list %s: the answer holds %q, which lies elsewhere", at, aws.ToString(o.Key))
	}
	listed := Object{
		Key: key, Size: aws.ToInt64(o.Size), ETag: strings.Trim(aws.ToString(o.ETag), `"`),
		LastModified: aws.ToTime(o.LastModified).UTC().Truncate(time.Second),
	}
	if len(o.ChecksumAlgorithm) > 0 {
		listed.Checksum = Checksum{Algorithm: string(o.ChecksumAlgorithm[0]), Type: string(o.ChecksumType)}
	}
	return listed, nil
}
