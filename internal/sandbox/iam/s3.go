package iam

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// s3Call is a call in path style: /bucket/key.
type s3Call struct {
	call
	bucket, key string
	query       url.Values
}

// s3Details are query parameters that do not change which operation a call is. Any other names the operation, in part.
var s3Details = []string{"x-id", "list-type", "prefix", "delimiter", "max-keys", "marker", "continuation-token", "start-after", "encoding-type",
	"fetch-owner", "partNumber", "versionId", "key-marker", "upload-id-marker", "version-id-marker", "max-uploads", "max-parts", "part-number-marker",
	"optional-object-attributes"}

// s3Operations are the known operations by level, method and what the query names.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
var s3Operations = map[string]func(s3Call) ([]Request, error){
	"bucket GET":             lists("s3:ListBucket"),
	"bucket HEAD":            lists("s3:ListBucket"),
	"bucket GET versions":    lists("s3:ListBucketVersions"),
	"bucket GET uploads":     lists("s3:ListBucketMultipartUploads"),
	"bucket GET location":    lists("s3:GetBucketLocation"),
	"bucket GET versioning":  lists("s3:GetBucketVersioning"),
	"bucket POST delete":     s3Call.deletesMany,
	"object GET":             uses("s3:GetObject"),
	"object HEAD":            uses("s3:GetObject"),
	"object GET attributes":  uses("s3:GetObject", "s3:GetObjectAttributes"),
	"object GET tagging":     uses("s3:GetObjectTagging"),
	"object PUT tagging":     uses("s3:PutObjectTagging"),
	"object DELETE tagging":  uses("s3:DeleteObjectTagging"),
	"object GET uploadId":    uses("s3:ListMultipartUploadParts"),
	"object DELETE uploadId": uses("s3:AbortMultipartUpload"),
	"object DELETE":          uses("s3:DeleteObject"),
	"object PUT":             s3Call.writes,
	"object PUT uploadId":    s3Call.writesPart,
	"object POST uploads":    s3Call.writes,
	"object POST uploadId":   uses("s3:PutObject"),
}

func s3Requests(c call) ([]Request, error) {
	s := s3Call{call: c, query: c.http.URL.Query()}
	s.bucket, s.key, _ = strings.Cut(strings.TrimPrefix(c.http.URL.Path, "/"), "/")
	operation := "object " + c.http.Method
	if s.key == "" {
		operation = "bucket " + c.http.Method
	}
	for _, name := range s.named() {
		operation += " " + name
	}
	requestsOf, ok := s3Operations[operation]
	if !ok || s.bucket == "" {
		return nil, unknown(operation)
	}
	requests, err := requestsOf(s)
	if err != nil {
		return nil, err
	}
	return s.withKeys(requests)
}

// named are the query parameters that say which operation it is.
func (s s3Call) named() []string {
	var names []string
	for name := range s.query {
		lower := strings.ToLower(name)
		if !slices.Contains(s3Details, name) && !strings.HasPrefix(lower, "x-amz-") && !strings.HasPrefix(lower, "response-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func bucketARN(bucket string) string { return "arn:aws:s3:::" + bucket }

func (s s3Call) object() string { return bucketARN(s.bucket) + "/" + s.key }

// lists makes requests on the bucket; their keys say what of it is listed. A parameter that is absent leaves its key absent.
func lists(action string) func(s3Call) ([]Request, error) {
	return func(s s3Call) ([]Request, error) {
		q := Request{Action: action, Resource: bucketARN(s.bucket)}
		for _, key := range []string{"prefix", "delimiter", "max-keys"} {
			if s.query.Has(key) {
				q = q.With("s3:"+key, s.query.Get(key))
			}
		}
		return []Request{q}, nil
	}
}

// uses makes requests on the object.
func uses(actions ...string) func(s3Call) ([]Request, error) {
	return func(s s3Call) ([]Request, error) {
		var requests []Request
		for _, action := range actions {
			requests = append(requests, versioned(action, s.object(), s.query.Get("versionId")))
		}
		return requests, nil
	}
}

// versioned is a request on an object or on one of its versions, for which most actions have another name.
func versioned(action, object, version string) Request {
	if version == "" {
		return Request{Action: action, Resource: object}
	}
	if before, after, found := strings.Cut(action, "Object"); found {
		action = before + "ObjectVersion" + after
	}
	return Request{Action: action, Resource: object}.With("s3:VersionId", version)
}

// deletesMany: each key needs its own permission. AWS deletes those that are permitted; here, all or none.
func (s s3Call) deletesMany() ([]Request, error) {
	var in struct {
		Object []struct {
			Key       string
			VersionID string `xml:"VersionId"`
		}
	}
	if err := xml.Unmarshal(s.body, &in); err != nil {
		return nil, fmt.Errorf("DeleteObjects: %w", err)
	}
	if len(in.Object) == 0 {
		return nil, errors.New("DeleteObjects of nothing")
	}
	var requests []Request
	for _, o := range in.Object {
		requests = append(requests, versioned("s3:DeleteObject", bucketARN(s.bucket)+"/"+o.Key, o.VersionID))
	}
	return requests, nil
}

// MissingObject is the request that decides what S3 says of an object that does not exist: 404 to whom it is permitted,
// 403 to others. It is nil for calls that do not read an object.
func (a Account) MissingObject(r *http.Request) *Request {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if source, err := url.PathUnescape(r.Header.Get("X-Amz-Copy-Source")); r.Method == http.MethodPut && err == nil && !r.URL.Query().Has("uploadId") {
		bucket, key, _ = strings.Cut(strings.TrimPrefix(source, "/"), "/")
	} else if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil
	}
	if _, service := Signer(r); service != "s3" || key == "" {
		return nil
	}
	q := a.connected(Request{Action: "s3:ListBucket", Resource: bucketARN(bucket)})
	return &q
}
