package s3copy

import (
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

const (
	// maxLevels is how many of the folders around a key are looked into.
	maxLevels = 8
	// maxRanges is how many parts a range is divided into.
	maxRanges = 64
)

// level is a folder and what it has beside a key. Both are named as in the bucket.
type level struct {
	folder string   // the prefix that is listed, or one ending in "/"
	later  []string // folders in it, about and after the key
}

// levels looks into the folders that a key lies in. What it returns is a hint: it is a page of each at most, and a level that S3 does
// not list has nothing.
func (s *session) levels(at s3uri.Prefix, key string) []level {
	levels := around(at, key)
	var looking sync.WaitGroup
	for i := range levels {
		l := &levels[i]
		looking.Go(func() {
			listed, err := s.listObjects(&s3.ListObjectsV2Input{Bucket: &at.Bucket, Prefix: &l.folder, StartAfter: &key, Delimiter: aws.String("/")})
			if err != nil {
				return
			}
			for _, folder := range listed.CommonPrefixes {
				l.later = append(l.later, aws.ToString(folder.Prefix))
			}
		})
	}
	looking.Wait()
	return levels
}

// around returns the folders that a key lies in, the outermost first: "", "a/" and "a/b/" of "a/b/c".
func around(at s3uri.Prefix, key string) []level {
	levels := []level{{folder: at.Key}}
	for i := len(at.Key); i < len(key) && len(levels) < maxLevels; i++ {
		if key[i] == '/' {
			levels = append(levels, level{folder: key[:i+1]})
		}
	}
	return levels
}

// divide returns where to divide a range: at folders in it, so that each part has about a page. Where a page had several folders of
// a level, a part gets nearly as many. Whatever the levels are, what is returned rises and lies in the range.
func divide(at s3uri.Prefix, r keyRange, page []Object, levels []level) []string {
	var starts []string
	for _, l := range levels {
		later := slices.DeleteFunc(slices.Clone(l.later), func(folder string) bool { return !r.inside(folder) })
		seen := l.count(at, page)
		step := max(1, seen-seen/4)
		for i := step - 1; i < len(later); i += step {
			starts = append(starts, later[i])
		}
	}
	slices.Sort(starts)
	starts = slices.Compact(starts)
	if n := len(starts); n >= maxRanges {
		for i := range maxRanges - 1 {
			starts[i] = starts[i*n/(maxRanges-1)]
		}
		starts = starts[:maxRanges-1]
	}
	return starts
}

// count returns how many folders of the level the keys of a page lie in.
func (l level) count(at s3uri.Prefix, page []Object) int {
	n, last := 0, ""
	for _, o := range page {
		if rest, below := strings.CutPrefix(at.File(o.Key), l.folder); below {
			if name, _, isFolder := strings.Cut(rest, "/"); isFolder && name != last {
				n, last = n+1, name
			}
		}
	}
	return n
}
