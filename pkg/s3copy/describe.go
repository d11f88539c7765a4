package s3copy

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// Head is what belongs to an object beside its content, and the layout of its parts.
type Head struct {
	ContentType        string            `json:"contentType,omitempty"`
	ContentEncoding    string            `json:"contentEncoding,omitempty"`
	ContentDisposition string            `json:"contentDisposition,omitempty"`
	ContentLanguage    string            `json:"contentLanguage,omitempty"`
	CacheControl       string            `json:"cacheControl,omitempty"`
	Expires            string            `json:"expires,omitempty"` // an HTTP date
	Metadata           map[string]string `json:"metadata,omitempty"`
	Tags               []Tag             `json:"tags,omitempty"`
	// FirstPart is the size of the object's first part in bytes and Parts their number; 0 of an object in one piece.
	FirstPart int64 `json:"firstPart,omitempty"`
	Parts     int64 `json:"parts,omitempty"`
}

// Tag is an object's tag.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// describe reads what a copy in parts has to send again. Tags need the right s3:GetObjectTagging.
func (s *session) describe(from s3uri.Prefix, o Object) (Head, error) {
	head, err := s.head(from, o)
	if err != nil {
		return Head{}, about(err, "describe", from, o.Key)
	}
	var tagging *s3.GetObjectTaggingOutput
	err = s.do(load{}, func(ctx context.Context) (err error) {
		tagging, err = s.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &from.Bucket, Key: aws.String(from.File(o.Key))}, singly)
		return err
	})
	if err != nil {
		return Head{}, about(sourceError(err, from, o), "read the tags of", from, o.Key)
	}
	for _, tag := range tagging.TagSet {
		head.Tags = append(head.Tags, Tag{aws.ToString(tag.Key), aws.ToString(tag.Value)})
	}
	return head, nil
}

// head reads the headers, through the first part if there are several: that answer tells its size and their number.
func (s *session) head(from s3uri.Prefix, o Object) (Head, error) {
	in := &s3.HeadObjectInput{Bucket: &from.Bucket, Key: aws.String(from.File(o.Key)), IfMatch: aws.String(quoted(o.ETag))}
	if o.inParts() {
		in.PartNumber = aws.Int32(1)
	}
	var out *s3.HeadObjectOutput
	err := s.do(load{}, func(ctx context.Context) (err error) {
		out, err = s.client.HeadObject(ctx, in, singly)
		return err
	})
	if err != nil {
		return Head{}, sourceError(err, from, o)
	}
	head := Head{
		ContentType: aws.ToString(out.ContentType), ContentEncoding: aws.ToString(out.ContentEncoding),
		ContentDisposition: aws.ToString(out.ContentDisposition), ContentLanguage: aws.ToString(out.ContentLanguage),
		CacheControl: aws.ToString(out.CacheControl), Expires: aws.ToString(out.ExpiresString), Metadata: out.Metadata,
	}
	if out.PartsCount != nil {
		head.FirstPart, head.Parts = aws.ToInt64(out.ContentLength), int64(*out.PartsCount)
	}
	return head, nil
}

// tagging writes the tags as the header x-amz-tagging wants them.
func (h Head) tagging() *string {
	if len(h.Tags) == 0 {
		return nil
	}
	pairs := make([]string, len(h.Tags))
	for i, tag := range h.Tags {
		pairs[i] = escape(tag.Key, "") + "=" + escape(tag.Value, "")
	}
	return aws.String(strings.Join(pairs, "&"))
}

// expires returns the time of Expires, or nil: S3 keeps any text there, but takes only dates.
func (h Head) expires() *time.Time {
	at, err := http.ParseTime(h.Expires)
	if err != nil {
		return nil
	}
	return &at
}

// orNil returns nil for "": an empty header is not the same as none.
func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
