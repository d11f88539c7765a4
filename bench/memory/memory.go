// Package memory is an S3 server for benchmarks: objects are byte slices, and a copy shares its source's, so that what is measured
// is the client and not the server. It checks no signatures and knows only what copying clients call.
package memory

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Server is an http.Handler that keeps objects of any bucket. Requests are path-style.
type Server struct {
	// Rate is how many bytes a second one copy moves: S3 takes seconds for a large object in one piece. 0 is no limit.
	Rate int64

	mu      sync.Mutex
	objects map[string]*object // by /bucket/key
	sorted  []string           // of objects; nil when out of date
	uploads map[string]*upload
	last    int // number of the last upload
}

type object struct {
	body     []byte
	etag     string
	parts    []part // of an object uploaded in parts
	headers  http.Header
	modified time.Time
}

type part struct {
	body []byte
	etag string
}

type upload struct {
	path    string
	headers http.Header
	parts   map[int]part
}

// New returns an empty server.
func New() *Server {
	return &Server{objects: map[string]*object{}, uploads: map[string]*upload{}}
}

// refusal is an error answer.
type refusal struct {
	status int
	code   string
}

func (r refusal) Error() string { return r.code }

var (
	noSuchKey    = refusal{http.StatusNotFound, "NoSuchKey"}
	noSuchUpload = refusal{http.StatusNotFound, "NoSuchUpload"}
	unfulfilled  = refusal{http.StatusPreconditionFailed, "PreconditionFailed"}
	unknownCall  = refusal{http.StatusNotImplemented, "NotImplemented"}
)

// ServeHTTP serves one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller has gone
	}
	answer, err := s.serve(w, r, body)
	if err != nil {
		refused, _ := err.(refusal)
		w.WriteHeader(max(refused.status, http.StatusBadRequest))
		answer = struct {
			XMLName xml.Name `xml:"Error"`
			Code    string
			Message string
		}{Code: refused.code, Message: err.Error()}
	}
	if answer != nil && r.Method != http.MethodHead {
		_ = xml.NewEncoder(w).Encode(answer)
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, body []byte) (any, error) {
	query := r.URL.Query()
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if key == "" {
		switch {
		case r.Method == http.MethodPut, r.Method == http.MethodHead:
			return nil, nil
		case r.Method == http.MethodPost && query.Has("delete"):
			return s.remove(r.URL.Path, body)
		case query.Has("uploads"):
			return listUploads{}, nil // nothing of a benchmark is left behind
		case r.Method == http.MethodGet:
			return s.list(strings.Trim(r.URL.Path, "/"), query)
		}
		return nil, unknownCall
	}
	if query.Has("uploads") || query.Has("uploadId") {
		return s.serveUpload(r, body)
	}
	switch {
	case query.Has("tagging"):
		return tagging{}, nil
	case r.Method == http.MethodGet, r.Method == http.MethodHead:
		return nil, s.get(w, r)
	case r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "":
		return s.copy(r)
	case r.Method == http.MethodPut:
		o := &object{body: body, etag: digest(body)}
		w.Header().Set("ETag", quoted(o.etag))
		s.keep(r.URL.Path, r.Header, o)
		return nil, nil
	}
	return nil, unknownCall
}

// keep stores an object with the headers of the request that made it.
func (s *Server) keep(path string, headers http.Header, o *object) {
	o.modified, o.headers = time.Now(), http.Header{}
	for _, name := range []string{"Content-Type", "Content-Encoding", "Cache-Control"} {
		if v := headers.Get(name); v != "" {
			o.headers.Set(name, v)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.objects[path] == nil {
		s.sorted = nil
	}
	s.objects[path] = o
}

// source returns the object that a request copies.
func (s *Server) source(r *http.Request) (*object, error) {
	path, err := unescape(r.Header.Get("X-Amz-Copy-Source"))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.objects["/"+strings.TrimPrefix(path, "/")]
	switch want := r.Header.Get("X-Amz-Copy-Source-If-Match"); {
	case o == nil:
		return nil, noSuchKey
	case want != "" && strings.Trim(want, `"`) != o.etag:
		return nil, unfulfilled
	}
	return o, nil
}

func (s *Server) copy(r *http.Request) (any, error) {
	from, err := s.source(r)
	if err != nil {
		return nil, err
	}
	to := &object{body: from.body, etag: from.etag}
	if from.parts != nil { // S3's copy in one piece has another ETag, whose making is not what is measured
		to.etag = digest([]byte(from.etag))
	}
	s.move(len(to.body))
	s.keep(r.URL.Path, from.headers, to)
	return copied{XMLName: xml.Name{Local: "CopyObjectResult"}, ETag: quoted(to.etag), LastModified: to.modified}, nil
}

// move takes as long as S3 takes to move that many bytes.
func (s *Server) move(bytes int) {
	if s.Rate > 0 {
		time.Sleep(time.Duration(float64(bytes) / float64(s.Rate) * float64(time.Second)))
	}
}

func (s *Server) get(w http.ResponseWriter, r *http.Request) error {
	s.mu.Lock()
	o := s.objects[r.URL.Path]
	s.mu.Unlock()
	if o == nil {
		return noSuchKey
	}
	if want := r.Header.Get("If-Match"); want != "" && strings.Trim(want, `"`) != o.etag {
		return unfulfilled
	}
	for name, values := range o.headers {
		w.Header()[name] = values
	}
	size := len(o.body)
	if r.URL.Query().Has("partNumber") && o.parts != nil {
		size = len(o.parts[0].body)
		w.Header().Set("X-Amz-Mp-Parts-Count", fmt.Sprint(len(o.parts)))
	}
	w.Header().Set("ETag", quoted(o.etag))
	w.Header().Set("Last-Modified", o.modified.UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Length", fmt.Sprint(size))
	if r.Method == http.MethodGet {
		_, _ = w.Write(o.body)
	}
	return nil
}

func (s *Server) remove(path string, body []byte) (any, error) {
	var in struct {
		Object []struct{ Key string }
	}
	if err := xml.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range in.Object {
		delete(s.objects, "/"+strings.Trim(path, "/")+"/"+o.Key)
	}
	s.sorted = nil
	return removed{}, nil
}

// keys returns the paths of all objects in order.
func (s *Server) keys() []string {
	if s.sorted == nil {
		s.sorted = make([]string, 0, len(s.objects))
		for path := range s.objects {
			s.sorted = append(s.sorted, path)
		}
		slices.Sort(s.sorted)
	}
	return s.sorted
}

func digest(body []byte) string {
	sum := md5.Sum(body)
	return hex.EncodeToString(sum[:])
}

func quoted(etag string) string { return `"` + etag + `"` }
