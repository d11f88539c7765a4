package regiondata

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// standIn answers as much of S3 as an inspection asks for, over HTTP, with files that need not be kept.
type standIn struct {
	files map[string]served // by /bucket/key; none is added once it serves
	sent  atomic.Int64      // bytes of files
}

// served is a file of the stand-in.
type served struct {
	size int64
	body io.WriterTo // of all of it; nil if nobody reads it
}

func servedBytes(b []byte) served { return served{int64(len(b)), again(b)} }

// again can be written any number of times.
type again []byte

func (a again) WriteTo(w io.Writer) (int64, error) { return bytes.NewReader(a).WriteTo(w) }

const standInETag = `"0123456789abcdef0123456789abcdef"`

// ServeHTTP serves one request. Requests are path-style.
func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch file, found := s.files[r.URL.Path]; {
	case r.Method == http.MethodPut:
		_, _ = io.Copy(io.Discard, r.Body)
	case r.URL.Query().Has("list-type"):
		s.list(w, r)
	case r.Method != http.MethodGet || !found || file.body == nil:
		w.WriteHeader(http.StatusNotFound)
	case r.Header.Get("Range") != "":
		var body bytes.Buffer
		var from int
		_, _ = file.body.WriteTo(&body)
		_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(body.Bytes()[from:])
	default:
		w.Header().Set("Content-Length", strconv.FormatInt(file.size, 10))
		n, _ := file.body.WriteTo(w)
		s.sent.Add(n)
	}
}

type listing struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
	Contents              []listed
	CommonPrefixes        []folder
}

type folder struct{ Prefix string }

type listed struct {
	Key  string
	Size int64
	ETag string
}

// list answers ListObjectsV2. The continuation token is the last key.
func (s *standIn) list(w http.ResponseWriter, r *http.Request) {
	const page = 1000
	bucket := strings.TrimSuffix(r.URL.Path, "/") + "/"
	query := r.URL.Query()
	var out listing
	after := max(query.Get("continuation-token"), query.Get("start-after"))
	for _, path := range slices.Sorted(maps.Keys(s.files)) {
		key, inside := strings.CutPrefix(path, bucket)
		if !inside || !strings.HasPrefix(key, query.Get("prefix")) || key <= after {
			continue
		}
		if name, _, below := strings.Cut(key[len(query.Get("prefix")):], "/"); below && query.Get("delimiter") == "/" {
			at := query.Get("prefix") + name + "/"
			if n := len(out.CommonPrefixes); at > after && (n == 0 || out.CommonPrefixes[n-1].Prefix != at) && n < page {
				out.CommonPrefixes = append(out.CommonPrefixes, folder{at})
			}
			continue
		}
		if len(out.Contents) == page {
			out.IsTruncated, out.NextContinuationToken = true, out.Contents[page-1].Key
			break
		}
		out.Contents = append(out.Contents, listed{key, s.files[path].size, standInETag})
	}
	_ = xml.NewEncoder(w).Encode(out)
}
