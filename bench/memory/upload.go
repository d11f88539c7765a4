package memory

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

type initiated struct {
	XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
	UploadId string   //nolint:revive // S3's name
}

type completed struct {
	XMLName xml.Name `xml:"CompleteMultipartUploadResult"`
	ETag    string
}

func unescape(source string) (string, error) { return url.PathUnescape(source) }

// serveUpload serves the calls of an upload in parts.
func (s *Server) serveUpload(r *http.Request, body []byte) (any, error) {
	id := r.URL.Query().Get("uploadId")
	if id == "" {
		return s.initiate(r), nil
	}
	s.mu.Lock()
	u := s.uploads[id]
	s.mu.Unlock()
	if u == nil {
		return nil, noSuchUpload
	}
	switch {
	case r.Method == http.MethodDelete:
		s.forget(id)
		return nil, nil
	case r.Method == http.MethodPost:
		return s.complete(id, u, body)
	}
	return s.addPart(u, r, body)
}

func (s *Server) initiate(r *http.Request) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	id := fmt.Sprint(s.last)
	s.uploads[id] = &upload{path: r.URL.Path, headers: r.Header, parts: map[int]part{}}
	return initiated{UploadId: id}
}

func (s *Server) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.uploads, id)
}

// addPart adds a part from the request's body or from another object.
func (s *Server) addPart(u *upload, r *http.Request, body []byte) (any, error) {
	number, err := strconv.Atoi(r.URL.Query().Get("partNumber"))
	if err != nil {
		return nil, err
	}
	p := part{body: body}
	if r.Header.Get("X-Amz-Copy-Source") != "" {
		from, err := s.source(r)
		if err != nil {
			return nil, err
		}
		if p, err = cut(from, r.Header.Get("X-Amz-Copy-Source-Range")); err != nil {
			return nil, err
		}
		s.move(len(p.body))
	}
	if p.etag == "" {
		p.etag = digest(p.body)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u.parts[number] = p
	return copied{XMLName: xml.Name{Local: "CopyPartResult"}, ETag: quoted(p.etag), LastModified: time.Now().UTC()}, nil
}

// cut returns a range of an object. One of the object's own parts has its digest already.
func cut(from *object, span string) (part, error) {
	first, last := 0, len(from.body)-1
	if span != "" {
		if _, err := fmt.Sscanf(span, "bytes=%d-%d", &first, &last); err != nil || last >= len(from.body) {
			return part{}, refusal{http.StatusRequestedRangeNotSatisfiable, "InvalidRange"}
		}
	}
	at := 0
	for _, p := range from.parts {
		if at == first && len(p.body) == last+1-first {
			return p, nil
		}
		at += len(p.body)
	}
	return part{body: from.body[first : last+1]}, nil
}

func (s *Server) complete(id string, u *upload, body []byte) (any, error) {
	var in struct {
		Part []struct{ PartNumber int }
	}
	if err := xml.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	o, hash := &object{}, md5.New()
	for _, named := range in.Part {
		p, ok := u.parts[named.PartNumber]
		if !ok {
			return nil, refusal{http.StatusBadRequest, "InvalidPart"}
		}
		sum, _ := hex.DecodeString(p.etag)
		hash.Write(sum)
		o.parts = append(o.parts, p)
	}
	o.body = join(o.parts)
	o.etag = fmt.Sprintf("%x-%d", hash.Sum(nil), len(o.parts))
	s.keep(u.path, u.headers, o)
	s.forget(id)
	return completed{ETag: quoted(o.etag)}, nil
}

// join returns the parts as one, without copying them when they lie one after another already, as the parts of a copy do.
func join(parts []part) []byte {
	if len(parts) == 0 {
		return nil
	}
	size, adjacent := 0, true
	for i, p := range parts {
		if i > 0 && len(p.body) > 0 {
			end := parts[i-1].body
			adjacent = adjacent && len(end) < cap(end) && &end[:len(end)+1][len(end)] == &p.body[0]
		}
		size += len(p.body)
	}
	if first := parts[0].body; adjacent && size <= cap(first) {
		return first[:size]
	}
	bodies := make([][]byte, len(parts))
	for i, p := range parts {
		bodies[i] = p.body
	}
	return bytes.Join(bodies, nil)
}
