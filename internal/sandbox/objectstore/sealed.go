package objectstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// sealed shows the objects of buckets that are encrypted with KMS as S3 does: under the key's name, and with ETags that are
// not the MD5 of the content, so that a copy has another one than its source. The gateway's ETags stand behind them.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
type sealed struct {
	keyOf func(bucket string) string
}

func (s sealed) key(bucket string) string {
	if s.keyOf == nil {
		return ""
	}
	return s.keyOf(bucket)
}

// md5Sum is what an ETag begins with. That of an object in parts goes on with their number.
var md5Sum = regexp.MustCompile(`[0-9a-f]{32}`)

// turn makes an object's ETags those that are shown, and makes those that were shown the object's.
func turn[T string | []byte](bucket, key string, text T) []byte {
	mask := sha256.Sum256([]byte(bucket + "/" + key))
	return md5Sum.ReplaceAllFunc([]byte(text), func(sum []byte) []byte {
		bits, _ := hex.DecodeString(string(sum))
		for i := range bits {
			bits[i] ^= mask[i]
		}
		return hex.AppendEncode(nil, bits)
	})
}

// request returns r with the gateway's ETags in its conditions, and in the parts that an upload is made of.
func (s sealed) request(r *http.Request, t target) (*http.Request, error) {
	source := sourceOf(r)
	if s.key(t.bucket) == "" && s.key(source.bucket) == "" {
		return r, nil
	}
	r = r.Clone(r.Context())
	for name, of := range map[string]target{"If-Match": t, "If-None-Match": t, "X-Amz-Copy-Source-If-Match": source, "X-Amz-Copy-Source-If-None-Match": source} {
		if given := r.Header.Get(name); given != "" && s.key(of.bucket) != "" {
			r.Header.Set(name, string(turn(of.bucket, of.key, given)))
		}
	}
	if t.op != "CompleteMultipartUpload" || s.key(t.bucket) == "" {
		return r, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(turn(t.bucket, t.key, body)))
	r.Header.Set("X-Amz-Content-Sha256", unsigned) // the caller has signed another text
	return r, nil
}

// sourceOf is the object that a request copies, if it copies one.
func sourceOf(r *http.Request) target {
	path, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("X-Amz-Copy-Source"), "/"), "?versionId=")
	path, _ = url.PathUnescape(path) // what cannot be read is refused by the gateway
	var t target
	t.bucket, t.key, _ = strings.Cut(path, "/")
	return t
}

// naming are the operations whose answers name the key.
var naming = map[string]bool{
	"GetObject": true, "HeadObject": true, "PutObject": true, "CopyObject": true,
	"CreateMultipartUpload": true, "UploadPart": true, "UploadPartCopy": true, "CompleteMultipartUpload": true,
}

// answer changes an answer of the gateway into S3's.
func (s sealed) answer(a *answer, t target) error {
	key := s.key(t.bucket)
	if key == "" {
		return nil
	}
	if etag := a.Header.Get("Etag"); etag != "" {
		a.Header.Set("Etag", string(turn(t.bucket, t.key, etag)))
	}
	if naming[t.op] && a.StatusCode < http.StatusMultipleChoices {
		a.Header.Set("X-Amz-Server-Side-Encryption", "aws:kms")
		a.Header.Set("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", key)
	}
	change, ok := bodies[t.op]
	if !ok {
		return nil
	}
	body, err := io.ReadAll(a.Body)
	a.Body.Close()
	if err != nil {
		return err
	}
	body = change(t, body)
	if a.held != nil {
		a.held = body
	}
	a.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// bodies say where the ETags in an answer's text are. All keep their length.
var bodies = map[string]func(t target, body []byte) []byte{
	"CopyObject": ofObject, "UploadPartCopy": ofObject, "CompleteMultipartUpload": ofObject, "ListParts": ofObject, "GetObjectAttributes": ofObject,
	"ListObjectsV2": ofList, "ListObjects": ofList, "ListObjectVersions": ofList,
}

var etagElement = regexp.MustCompile(`<ETag>[^<]*</ETag>`)

func ofObject(t target, body []byte) []byte {
	return etagElement.ReplaceAllFunc(body, func(element []byte) []byte { return turn(t.bucket, t.key, element) })
}

var listed = regexp.MustCompile(`(?s)<(Contents|Version)>.*?</(Contents|Version)>`)

func ofList(t target, body []byte) []byte {
	escaped := bytes.Contains(body, []byte("<EncodingType>url</EncodingType>"))
	return listed.ReplaceAllFunc(body, func(element []byte) []byte {
		var object struct{ Key string }
		_ = xml.Unmarshal(element, &object) // which the gateway has just written
		if plain, err := url.QueryUnescape(object.Key); escaped && err == nil {
			object.Key = plain
		}
		return ofObject(target{bucket: t.bucket, key: object.Key}, element)
	})
}
