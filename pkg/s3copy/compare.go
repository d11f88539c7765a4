package s3copy

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// pair is an object and what may be its copy, as they were listed.
type pair struct {
	from s3uri.Prefix
	want Object
	to   s3uri.Prefix
	is   Object
}

// verdict is what a comparison without reading the content has found.
type verdict int

const (
	unknown verdict = iota
	equal
	different
)

// problem compares a pair by content and returns "" if it is equal.
func (s *session) problem(p pair) (string, error) {
	if p.is.Size != p.want.Size {
		return fmt.Sprintf("has %d bytes instead of %d", p.is.Size, p.want.Size), nil
	}
	found, err := s.compare(p)
	if err == nil && found == unknown {
		found, err = s.compareBytes(p)
	}
	if found == different {
		return "has the right size but other content", err
	}
	return "", err
}

// compare decides without reading the content, if that is possible. The sizes are equal.
func (s *session) compare(p pair) (verdict, error) {
	if p.want.ETag == p.is.ETag && p.want.ETag != "" {
		return equal, nil
	}
	want, err := s.headers(p.from, p.want)
	if err != nil {
		return unknown, about(sourceError(err, p.from, p.want), "describe", p.from, p.want.Key)
	}
	is, err := s.headers(p.to, p.is)
	if err != nil {
		return unknown, about(err, "describe", p.to, p.is.Key)
	}
	return judge(p, fullChecksums(want), fullChecksums(is), opaque(want) || opaque(is)), nil
}

// judge decides by checksums over the full objects, then by ETags that are MD5s.
func judge(p pair, want, is map[string]string, opaque bool) verdict {
	for algorithm, value := range want {
		if is[algorithm] == value {
			return equal
		}
	}
	if !opaque && !p.want.inParts() && !p.is.inParts() && p.want.ETag != p.is.ETag {
		return different
	}
	return unknown
}

// headers reads the headers and checksums of an object, which must still be the one that was listed if its ETag is given.
func (s *session) headers(at s3uri.Prefix, o Object) (out *s3.HeadObjectOutput, err error) {
	in := &s3.HeadObjectInput{Bucket: &at.Bucket, Key: aws.String(at.File(o.Key)), ChecksumMode: types.ChecksumModeEnabled}
	if o.ETag != "" {
		in.IfMatch = aws.String(quoted(o.ETag))
	}
	err = s.do(load{}, func(ctx context.Context) (err error) {
		out, err = s.client.HeadObject(ctx, in, singly)
		return err
	})
	return out, err
}

// fullChecksums returns the checksums that S3 computed over the full object. A composite one ends in its number of parts.
func fullChecksums(h *s3.HeadObjectOutput) map[string]string {
	sums := map[string]string{}
	if h.ChecksumType == types.ChecksumTypeComposite {
		return sums
	}
	for algorithm, value := range map[string]*string{
		"CRC64NVME": h.ChecksumCRC64NVME, "CRC32": h.ChecksumCRC32, "CRC32C": h.ChecksumCRC32C, "SHA1": h.ChecksumSHA1, "SHA256": h.ChecksumSHA256,
	} {
		if value != nil && *value != "" && !strings.Contains(*value, "-") {
			sums[algorithm] = *value
		}
	}
	return sums
}

// opaque reports whether the ETag is no MD5 for the object is encrypted with a key that is not S3's own.
func opaque(h *s3.HeadObjectOutput) bool {
	return h.ServerSideEncryption != "" && h.ServerSideEncryption != types.ServerSideEncryptionAes256 || h.SSECustomerAlgorithm != nil
}

// compareBytes reads both objects.
func (s *session) compareBytes(p pair) (verdict, error) {
	release, err := s.readers.take(s.soft)
	if err != nil {
		return unknown, s.cause()
	}
	defer release()
	found := unknown
	err = s.do(load{bytes: p.want.Size}, func(ctx context.Context) error {
		want, err := s.open(ctx, p.from, p.want)
		if err != nil {
			return sourceError(err, p.from, p.want)
		}
		defer want.Close()
		is, err := s.open(ctx, p.to, p.is)
		if err != nil {
			return err
		}
		defer is.Close()
		found, err = sameBytes(want, is, p.want.Size)
		return err
	})
	return found, about(err, "compare", p.to, p.is.Key)
}

func (s *session) open(ctx context.Context, at s3uri.Prefix, o Object) (io.ReadCloser, error) {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &at.Bucket, Key: aws.String(at.File(o.Key)), IfMatch: aws.String(quoted(o.ETag))}, singly)
	if err != nil {
		return nil, err
	}
	return out.Body, nil
}

// sameBytes compares the first size bytes, up to the first difference. A stream that ends earlier is an error, not a difference:
// the sizes are known.
func sameBytes(a, b io.Reader, size int64) (verdict, error) {
	x, y := make([]byte, 256<<10), make([]byte, 256<<10)
	for size > 0 {
		n := min(size, int64(len(x)))
		if _, err := io.ReadFull(a, x[:n]); err != nil {
			return unknown, err
		}
		if _, err := io.ReadFull(b, y[:n]); err != nil {
			return unknown, err
		}
		if !bytes.Equal(x[:n], y[:n]) {
			return different, nil
		}
		size -= n
	}
	return equal, nil
}
