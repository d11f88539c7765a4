package objectstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// The ETag of an object that is encrypted with a key of KMS is no MD5 of its content: two objects of the same content
// have different ones. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
//
// The gateway does not encrypt. So a Front shows other ETags than the gateway's for buckets that have a key, and takes
// them back: each is mixed with the object's bucket and key. In one thing S3 is worse: there, an object that is written
// again with the same content has another ETag.

// place is where an object lies.
type place struct{ bucket, key string }

// digest finds the MD5 in an ETag, in whatever quotation marks; "-<parts>" may follow it.
var digest = regexp.MustCompile(`[0-9a-f]{32}`)

// mix makes the gateway's ETag the one that is shown, and the reverse. The length stays.
func (p place) mix(etag string) string {
	return digest.ReplaceAllStringFunc(etag, func(found string) string {
		sum, err := hex.DecodeString(found)
		if err != nil {
			return found
		}
		mask := sha256.Sum256([]byte(p.bucket + "/" + p.key))
		for i := range sum {
			sum[i] ^= mask[i]
		}
		return hex.EncodeToString(sum)
	})
}

// mixer translates one request and its answer.
type mixer struct {
	target
	keyOf func(bucket string) string
}

func (m mixer) encrypts(bucket string) bool { return m.keyOf != nil && m.keyOf(bucket) != "" }

// request returns the request with the gateway's ETags.
func (m mixer) request(r *http.Request) (*http.Request, error) {
	source, from := sourceOf(r)
	if !m.encrypts(m.bucket) && !(from && m.encrypts(source.bucket)) {
		return r, nil
	}
	out := r.Clone(r.Context())
	replace := func(p place, names ...string) {
		for _, name := range names {
			if value := out.Header.Get(name); value != "" && m.encrypts(p.bucket) {
				out.Header.Set(name, p.mix(value))
			}
		}
	}
	replace(place{m.bucket, m.key}, "If-Match", "If-None-Match")
	replace(source, "X-Amz-Copy-Source-If-Match", "X-Amz-Copy-Source-If-None-Match")
	if m.op == "CompleteMultipartUpload" && m.encrypts(m.bucket) { // it lists the parts' ETags
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		out.Body = io.NopCloser(bytes.NewReader(m.inXML(body)))
		out.Header.Set("X-Amz-Content-Sha256", unsigned) // which was that of the other body
	}
	return out, nil
}

// sourceOf is what a copy reads.
func sourceOf(r *http.Request) (place, bool) {
	path, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("X-Amz-Copy-Source"), "/"), "?")
	path, err := url.PathUnescape(path)
	bucket, key, found := strings.Cut(path, "/")
	return place{bucket, key}, found && err == nil
}

// answer gives the gateway's answer the ETags that are shown, and the headers that tell of the key.
func (m mixer) answer(a *answer) error {
	if !m.encrypts(m.bucket) {
		return nil
	}
	if etag := a.Header.Get("Etag"); etag != "" {
		a.Header.Set("Etag", place{m.bucket, m.key}.mix(etag))
	}
	switch m.op {
	case "PutObject", "GetObject", "HeadObject", "CopyObject", "CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload":
		if a.StatusCode < http.StatusMultipleChoices {
			a.Header.Set("X-Amz-Server-Side-Encryption", "aws:kms")
			a.Header.Set("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", m.keyOf(m.bucket))
		}
	}
	switch m.op {
	case "GetObject", "HeadObject":
		return nil // the body is the object's
	}
	body, err := io.ReadAll(a.Body)
	a.Body.Close()
	if err != nil {
		return err
	}
	body = m.inXML(body)
	a.Body = io.NopCloser(bytes.NewReader(body))
	if a.held != nil {
		a.held = body
	}
	return nil
}

var (
	entry   = regexp.MustCompile(`(?s)<(?:Contents|Version)>.*?</(?:Contents|Version)>`)
	keyIn   = regexp.MustCompile(`(?s)<Key>(.*?)</Key>`)
	etagsIn = regexp.MustCompile(`(?s)<ETag>.*?</ETag>`)
)

// inXML replaces the ETags in a body: in a listing those of each entry's key, else those of the object asked for.
func (m mixer) inXML(body []byte) []byte {
	of := func(key string, text []byte) []byte {
		return etagsIn.ReplaceAllFunc(text, func(found []byte) []byte { return []byte(place{m.bucket, key}.mix(string(found))) })
	}
	if m.key != "" {
		return of(m.key, body)
	}
	escaped := bytes.Contains(body, []byte("<EncodingType>url</EncodingType>"))
	return entry.ReplaceAllFunc(body, func(found []byte) []byte {
		key := ""
		if k := keyIn.FindSubmatch(found); k != nil {
			key = html.UnescapeString(string(k[1]))
		}
		if plain, err := url.QueryUnescape(key); escaped && err == nil {
			key = plain
		}
		return of(key, found)
	})
}
