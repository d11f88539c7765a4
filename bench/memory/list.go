package memory

import (
	"encoding/xml"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

type listing struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	Name, Prefix          string
	MaxKeys, KeyCount     int
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
	Contents              []listed
}

type listed struct {
	Key          string
	Size         int
	ETag         string
	LastModified time.Time
	StorageClass string
}

type listUploads struct {
	XMLName xml.Name `xml:"ListMultipartUploadsResult"`
}

type tagging struct {
	XMLName xml.Name `xml:"Tagging"`
	TagSet  string
}

type removed struct {
	XMLName xml.Name `xml:"DeleteResult"`
}

type copied struct {
	XMLName      xml.Name
	ETag         string
	LastModified time.Time
}

// list answers ListObjectsV2. The continuation token is the last key.
func (s *Server) list(bucket string, query url.Values) (any, error) {
	out := listing{Name: bucket, Prefix: query.Get("prefix"), MaxKeys: 1000}
	if n, err := strconv.Atoi(query.Get("max-keys")); err == nil {
		out.MaxKeys = min(n, out.MaxKeys)
	}
	root := "/" + bucket + "/"
	after := root + max(query.Get("start-after"), query.Get("continuation-token"))
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := s.keys()
	first, _ := slices.BinarySearch(keys, root+out.Prefix)
	if after != root {
		i, found := slices.BinarySearch(keys, after)
		if found {
			i++
		}
		first = max(first, i)
	}
	for _, path := range keys[first:] {
		if !strings.HasPrefix(path, root+out.Prefix) {
			break
		}
		if len(out.Contents) == out.MaxKeys {
			out.IsTruncated, out.NextContinuationToken = true, out.Contents[len(out.Contents)-1].Key
			break
		}
		o := s.objects[path]
		out.Contents = append(out.Contents, listed{strings.TrimPrefix(path, root), len(o.body), quoted(o.etag), o.modified.UTC(), "STANDARD"})
	}
	out.KeyCount = len(out.Contents)
	return out, nil
}
