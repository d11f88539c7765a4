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

// pageSize is how many keys S3 lists at once.
const pageSize = 1000

// keyRange is a range of keys of a bucket: after one, up to and with another; "" is no bound.
type keyRange struct{ after, last string }

// inside reports whether a key lies in the range, and is not the last of it.
func (r keyRange) inside(key string) bool { return key > r.after && (r.last == "" || key < r.last) }

// cut divides a range after each of some keys that rise and lie in it.
func (r keyRange) cut(after []string) []keyRange {
	ranges := make([]keyRange, 0, len(after)+1)
	for _, key := range after {
		ranges = append(ranges, keyRange{r.after, key})
		r.after = key
	}
	return append(ranges, r)
}

// page lists the first keys of a range: one at least, if there are any. more is false if they are all. A server that does
// not go on where it is asked to is an error: it would be listed for ever.
func (s *session) page(at s3uri.Prefix, r keyRange) (objects []Object, more bool, err error) {
	in := &s3.ListObjectsV2Input{Bucket: &at.Bucket, Prefix: &at.Key, StartAfter: orNil(r.after)}
	last := r.after
	for {
		listed, err := s.listObjects(in)
		if err != nil {
			return nil, false, fmt.Errorf("list %s: %w", at, err)
		}
		more = aws.ToBool(listed.IsTruncated)
		for _, entry := range listed.Contents {
			key := aws.ToString(entry.Key)
			if key <= last {
				return nil, false, fmt.Errorf("list %s: the server's fault: it lists %q where only keys after %q may come; "+
					"it ignores start-after, or does not list keys in the order of their bytes, as S3 does", at, key, last)
			}
			last = key
			if r.last != "" && key > r.last {
				return objects, false, nil
			}
			o, err := objectOf(at, entry)
			if err != nil {
				return nil, false, err
			}
			objects, more = append(objects, o), more && key != r.last
		}
		if !more || len(objects) > 0 {
			return objects, more, nil
		}
		if next := aws.ToString(listed.NextContinuationToken); next == "" || next == aws.ToString(in.ContinuationToken) {
			return nil, false, fmt.Errorf("list %s: the server's fault: it says that there is more, but goes on at the token %q, where it was", at, next)
		}
		in.ContinuationToken = listed.NextContinuationToken
	}
}

func (s *session) listObjects(in *s3.ListObjectsV2Input) (out *s3.ListObjectsV2Output, err error) {
	err = s.do(load{}, func(ctx context.Context) (err error) {
		out, err = s.client.ListObjectsV2(ctx, in, singly)
		return err
	})
	return out, err
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
