package s3copy

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// batch is how many objects one DeleteObjects may remove (S3).
const batch = 1000

// Remove removes the objects with these keys from below at. It can be repeated: removing what is gone is no error.
// done is false when the deadline stopped it.
func (c *Copier) Remove(ctx context.Context, at s3uri.Prefix, keys []string) (removed int, done bool, err error) {
	s := c.session(ctx)
	defer s.end()
	for some := range slices.Chunk(keys, batch) {
		err := s.removeBatch(at, some)
		switch {
		case errors.Is(err, errStopped):
			return removed, false, nil
		case err != nil:
			return removed, false, fmt.Errorf("remove objects from %s: %w", at, err)
		}
		removed += len(some)
	}
	return removed, true, nil
}

func (s *session) removeBatch(at s3uri.Prefix, keys []string) error {
	in := &s3.DeleteObjectsInput{Bucket: &at.Bucket, Delete: &types.Delete{Quiet: aws.Bool(true)}}
	for _, key := range keys {
		in.Delete.Objects = append(in.Delete.Objects, types.ObjectIdentifier{Key: aws.String(at.File(key))})
	}
	return s.do(load{}, func(ctx context.Context) error {
		out, err := s.client.DeleteObjects(ctx, in, singly)
		if err != nil || len(out.Errors) == 0 {
			return err
		}
		// The request as a whole succeeds also when single objects stay. Removing the others again does no harm.
		first := out.Errors[0]
		return fmt.Errorf("%d of %d stay, %s: %w", len(out.Errors), len(keys), aws.ToString(first.Key),
			&smithy.GenericAPIError{Code: aws.ToString(first.Code), Message: aws.ToString(first.Message)})
	})
}
