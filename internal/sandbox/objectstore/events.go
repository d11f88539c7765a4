package objectstore

import (
	"bytes"
	"context"
	"encoding/xml"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// created reports whether the answer tells of a new object. A copy may say 200 and hold an error.
func (a *answer) created() bool {
	switch a.op {
	case "PutObject":
		return a.StatusCode == http.StatusOK
	case "CopyObject", "CompleteMultipartUpload":
		return a.StatusCode == http.StatusOK && !bytes.Contains(a.held, []byte("<Error>"))
	}
	return false
}

// event describes the object that an answer tells of.
func (s *Server) event(ctx context.Context, t target, a *answer, requester string) Event {
	e := Event{Bucket: t.bucket, Key: t.key, Reason: t.op, Requester: requester, VersionID: a.Header.Get("X-Amz-Version-Id"), ETag: a.Header.Get("Etag")}
	var body struct{ ETag string }
	if e.ETag == "" && xml.Unmarshal(a.held, &body) == nil {
		e.ETag = body.ETag
	}
	e.ETag = strings.Trim(e.ETag, `"`)
	head, err := s.Client(ctx).HeadObject(context.WithoutCancel(ctx), &s3.HeadObjectInput{Bucket: &t.bucket, Key: &t.key})
	if err == nil {
		e.Size = aws.ToInt64(head.ContentLength)
	}
	return e
}
