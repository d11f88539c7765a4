package regiondata

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

type getter interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// source reads the objects of a prefix as they were when it was listed: each read is pinned to the listed ETag.
type source struct {
	client getter
	prefix s3uri.Prefix
	files  map[string]s3copy.Object // by name relative to the prefix
}

// content is an object being read, decoded if it is stored with Content-Encoding gzip.
type content struct {
	io.Reader
	Gzip   bool
	stored io.Closer
}

// Close releases the connection.
func (c content) Close() error { return c.stored.Close() }

// encodingError is a Content-Encoding that is unknown, or content that is not so encoded.
type encodingError struct{ found string }

func (e *encodingError) Error() string { return e.found }

// open begins to read a listed file. An object that has changed since is a SourceChanged error.
func (s *source) open(ctx context.Context, name string) (content, error) {
	stored := &resuming{ctx: ctx, source: s, name: name, size: s.files[name].Size}
	if err := stored.get(); err != nil {
		return content{}, err
	}
	c := content{Reader: stored, stored: stored}
	for encoding := range strings.SplitSeq(stored.encoding, ",") {
		switch strings.ToLower(strings.TrimSpace(encoding)) {
		case "", "identity", "aws-chunked": // the last is how an upload was sent; some servers keep it
		case "gzip", "x-gzip":
			unzipped, err := gzip.NewReader(stored)
			if err != nil {
				stored.Close()
				return content{}, unzipError(err)
			}
			c.Reader, c.Gzip = unzipping{unzipped}, true
		default:
			stored.Close()
			return content{}, &encodingError{fmt.Sprintf("Content-Encoding %q", stored.encoding)}
		}
	}
	return c, nil
}

// unzipping gives faults in compressed content a type of their own.
type unzipping struct{ *gzip.Reader }

func (u unzipping) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	return n, unzipError(err)
}

func unzipError(err error) error {
	var lost *lostError
	if err == nil || err == io.EOF || errors.As(err, &lost) {
		return err
	}
	return &encodingError{"content that is not whole gzip: " + err.Error()}
}

// resuming reads an object's stored bytes. A connection that breaks is made again from where it broke.
type resuming struct {
	ctx      context.Context
	source   *source
	name     string
	size     int64 // as listed
	offset   int64
	body     io.ReadCloser
	encoding string
	breaks   int // in a row, without a byte in between
}

// maxBreaks is how often in a row a connection may break before the read fails.
const maxBreaks = 3

// lostError is a failure of the connection or of S3, as opposed to content that is at fault.
type lostError struct{ err error }

func (e *lostError) Error() string { return e.err.Error() }
func (e *lostError) Unwrap() error { return e.err }

func (r *resuming) get() error {
	key := r.source.prefix.File(r.name)
	in := &s3.GetObjectInput{Bucket: &r.source.prefix.Bucket, Key: &key, IfMatch: aws.String(`"` + r.source.files[r.name].ETag + `"`)}
	if r.offset > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", r.offset))
	}
	out, err := r.source.client.GetObject(r.ctx, in)
	if err != nil {
		return &lostError{readError(r.source.prefix.String()+r.name, err)}
	}
	r.body, r.encoding = out.Body, aws.ToString(out.ContentEncoding)
	return nil
}

// readError names the error of an object that is no longer the one that was listed.
func readError(uri string, err error) error {
	var api smithy.APIError
	if errors.As(err, &api) && (api.ErrorCode() == "PreconditionFailed" || api.ErrorCode() == "NoSuchKey") {
		return fault.New(fault.SourceChanged, "%s changed while it was being inspected: wait until the upload has finished, then start again: %w", uri, err)
	}
	return fmt.Errorf("read %s: %w", uri, err)
}

// Read reads on, over broken connections.
func (r *resuming) Read(p []byte) (int, error) {
	for {
		n, err := r.body.Read(p)
		if r.offset += int64(n); n > 0 {
			r.breaks = 0
		}
		if err == nil || n > 0 {
			return n, nil
		}
		if r.offset >= r.size && err == io.EOF {
			return 0, io.EOF
		}
		if r.breaks++; r.breaks > maxBreaks || r.ctx.Err() != nil {
			return 0, &lostError{fault.New(fault.Unavailable, "read %s%s: the connection broke at byte %d of %d: %w", r.source.prefix, r.name, r.offset, r.size, err)}
		}
		r.body.Close()
		if err := r.get(); err != nil {
			return 0, err
		}
	}
}

// Close releases the connection.
func (r *resuming) Close() error { return r.body.Close() }

// tail reads the last bytes of a file as stored, at most n. encoded tells that they are not the file's own.
func (s *source) tail(ctx context.Context, name string, n int) (end string, encoded bool, err error) {
	file := s.files[name]
	stored := &resuming{ctx: ctx, source: s, name: name, size: file.Size, offset: max(0, file.Size-int64(n))}
	if err := stored.get(); err != nil {
		return "", false, err
	}
	defer stored.Close()
	bytes, err := io.ReadAll(stored)
	return string(bytes), stored.encoding != "", err
}
