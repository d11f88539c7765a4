package objectstore

import (
	"net/http"
	"net/url"
	"strings"
)

// target is what a request is about.
type target struct {
	op, bucket, key string
}

// writes reports whether the request makes, replaces or removes the object.
func (t target) writes() bool {
	switch t.op {
	case "PutObject", "CopyObject", "CompleteMultipartUpload", "DeleteObject":
		return true
	}
	return false
}

// targetOf names the API that a path-style request calls.
func targetOf(r *http.Request) target {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	t := target{bucket: bucket, key: key}
	switch {
	case bucket == "":
		t.op = "ListBuckets"
	case key == "":
		t.op = bucketOp(r.Method, r.URL.Query())
	default:
		t.op = objectOp(r.Method, r.URL.Query(), r.Header.Get("X-Amz-Copy-Source") != "")
	}
	return t
}

// subresources are the query parameters that make a request one about a part of a bucket or object.
var subresources = []struct{ query, name string }{
	{"tagging", "Tagging"}, {"acl", "Acl"}, {"policy", "Policy"}, {"versioning", "Versioning"}, {"location", "Location"},
	{"cors", "Cors"}, {"lifecycle", "Lifecycle"}, {"notification", "Notification"}, {"encryption", "Encryption"},
	{"object-lock", "ObjectLock"}, {"ownershipControls", "OwnershipControls"}, {"attributes", "Attributes"},
}

var verbs = map[string]string{
	http.MethodGet: "Get", http.MethodPut: "Put", http.MethodDelete: "Delete", http.MethodHead: "Head", http.MethodPost: "Post",
}

func bucketOp(method string, query url.Values) string {
	for _, sub := range subresources {
		if query.Has(sub.query) {
			return verbs[method] + "Bucket" + sub.name
		}
	}
	switch {
	case method == http.MethodPut:
		return "CreateBucket"
	case method == http.MethodPost && query.Has("delete"):
		return "DeleteObjects"
	case method != http.MethodGet:
		return verbs[method] + "Bucket"
	case query.Has("uploads"):
		return "ListMultipartUploads"
	case query.Has("versions"):
		return "ListObjectVersions"
	case query.Get("list-type") == "2":
		return "ListObjectsV2"
	}
	return "ListObjects"
}

func objectOp(method string, query url.Values, copies bool) string {
	for _, sub := range subresources {
		if query.Has(sub.query) {
			return verbs[method] + "Object" + sub.name
		}
	}
	upload := query.Has("uploadId")
	switch {
	case method == http.MethodPut && upload && copies:
		return "UploadPartCopy"
	case method == http.MethodPut && upload:
		return "UploadPart"
	case method == http.MethodPut && copies:
		return "CopyObject"
	case method == http.MethodGet && upload:
		return "ListParts"
	case method == http.MethodPost && query.Has("uploads"):
		return "CreateMultipartUpload"
	case method == http.MethodPost && upload:
		return "CompleteMultipartUpload"
	case method == http.MethodDelete && upload:
		return "AbortMultipartUpload"
	}
	return verbs[method] + "Object"
}

// accessKeyOf returns the access key that a request names, in its header or in a presigned URL, or "".
func accessKeyOf(r *http.Request) string {
	credential := r.URL.Query().Get("X-Amz-Credential")
	if _, after, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		credential = after
	}
	key, _, _ := strings.Cut(credential, "/")
	return key
}
