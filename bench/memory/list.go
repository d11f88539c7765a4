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
	CommonPrefixes        []commonPrefix
}

type listed struct {
	Key          string
	Size         int
	ETag         string
	LastModified time.Time
	StorageClass string
}

type commonPrefix struct{ Prefix string }

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

// list answers ListObjectsV2. The continuation token is the last key or common prefix.
func (s *Server) list(bucket string, query url.Values) (any, error) {
	out := listing{Name: bucket, Prefix: query.Get("prefix"), MaxKeys: 1000}
	if n, err := strconv.Atoi(query.Get("max-keys")); err == nil {
		out.MaxKeys = min(n, out.MaxKeys)
	}
	root, delimiter, token := "/"+bucket+"/", query.Get("delimiter"), query.Get("continuation-token")
	if delimiter != "" && strings.HasSuffix(token, delimiter) {
		token += "\xff" // behind all that the common prefix stands for
	}
	after := max(query.Get("start-after"), token)
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := s.keys()
	i, _ := slices.BinarySearch(keys, root+out.Prefix)
	if after != "" {
		beyond, _ := slices.BinarySearch(keys, root+after+"\x00")
		i = max(i, beyond)
	}
	for ; i < len(keys) && strings.HasPrefix(keys[i], root+out.Prefix); i++ {
		if out.IsTruncated = out.KeyCount == out.MaxKeys; out.IsTruncated {
			return out, nil
		}
		out.KeyCount++
		key := keys[i][len(root):]
		name, _, folder := strings.Cut(key[len(out.Prefix):], delimiter)
		if delimiter == "" || !folder {
			o := s.objects[keys[i]]
			out.Contents = append(out.Contents, listed{key, len(o.body), quoted(o.etag), o.modified.UTC(), "STANDARD"})
			out.NextContinuationToken = key
			continue
		}
		common := out.Prefix + name + delimiter
		out.CommonPrefixes = append(out.CommonPrefixes, commonPrefix{common})
		out.NextContinuationToken = common
		for i+1 < len(keys) && strings.HasPrefix(keys[i+1], root+common) {
			i++
		}
	}
	out.NextContinuationToken = ""
	return out, nil
}
