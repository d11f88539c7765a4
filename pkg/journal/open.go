package journal

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Open returns the entries that are recorded and not closed, newest first: the order in which to undo them.
func (s *Store) Open(ctx context.Context, run string) ([]Entry, error) {
	if err := ValidRun(run); err != nil {
		return nil, err
	}
	written, err := s.list(ctx, journalPrefix(run))
	if err != nil {
		return nil, err
	}
	type dated struct {
		Entry
		written time.Time
	}
	var open []dated
	for _, key := range openKeys(written) {
		var e Entry
		etag, err := s.read(ctx, key, &e)
		if err != nil {
			return nil, err
		}
		if etag != "" {
			open = append(open, dated{e, written[key]})
		}
	}
	slices.SortFunc(open, func(a, b dated) int {
		return cmp.Or(b.At.Compare(a.At), b.written.Compare(a.written), strings.Compare(a.Step, b.Step))
	})
	entries := make([]Entry, len(open))
	for i, d := range open {
		entries[i] = d.Entry
	}
	return entries, nil
}

// openKeys returns the keys of entries that have no mark beside them.
func openKeys(written map[string]time.Time) []string {
	var keys []string
	for key := range written {
		if strings.HasSuffix(key, closedSuffix) || !strings.HasSuffix(key, entrySuffix) {
			continue
		}
		if _, marked := written[strings.TrimSuffix(key, entrySuffix)+closedSuffix]; !marked {
			keys = append(keys, key)
		}
	}
	return keys
}

// list returns the keys below a prefix with the times they were written, in whole seconds.
func (s *Store) list(ctx context.Context, prefix string) (map[string]time.Time, error) {
	written := map[string]time.Time{}
	pages := s3.NewListObjectsV2Paginator(s.objects, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list s3://%s/%s: %w", s.bucket, prefix, err)
		}
		for _, o := range page.Contents {
			written[aws.ToString(o.Key)] = aws.ToTime(o.LastModified)
		}
	}
	return written, nil
}
