package s3copy

import (
	"context"
	"fmt"
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
	var page *s3.ListObjectsV2Output
	err := s.do(load{}, func(ctx context.Context) (err error) {
		page, err = s.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &at.Bucket, Prefix: &at.Key, MaxKeys: aws.Int32(1)}, singly)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("list %s: %w", at, err)
	}
	return len(page.Contents) == 0, nil
}

func (s *session) list(at s3uri.Prefix) (Inventory, error) {
	inv := Inventory{Prefix: at}
	in := &s3.ListObjectsV2Input{Bucket: &at.Bucket, Prefix: &at.Key}
	for {
		var page *s3.ListObjectsV2Output
		err := s.do(load{}, func(ctx context.Context) (err error) {
			page, err = s.client.ListObjectsV2(ctx, in, singly)
			return err
		})
		if err != nil {
			return Inventory{}, fmt.Errorf("list %s: %w", at, err)
		}
		for _, o := range page.Contents {
			listed, err := objectOf(at, o)
			if err != nil {
				return Inventory{}, err
			}
			inv.Objects = append(inv.Objects, listed)
		}
		if !aws.ToBool(page.IsTruncated) {
			return inv, nil
		}
		in.ContinuationToken = page.NextContinuationToken
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
