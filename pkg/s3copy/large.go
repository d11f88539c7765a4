package s3copy

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	// partSlots is how many parts are copied at once: slots of their own, so that neither large nor small objects wait for the others.
	partSlots = 64
	// openUploads is how many large objects have parts under way at once.
	openUploads = 32
	// restarts is how often an upload that S3 no longer knows is begun again.
	restarts = 3
)

// upload is the copy of one object in parts.
type upload struct {
	object Object
	head   Head
	id     *string
	parts  []types.CompletedPart
	copied chan struct{} // closed when all parts are copied
}

// copyParts copies the parts of all large objects, the largest object first.
func (t *transfer) copyParts(large []*upload) {
	slots := make(chan struct{}, partSlots)
	open := make(chan struct{}, openUploads)
	var running sync.WaitGroup
	defer running.Wait()
	for _, u := range large {
		select {
		case open <- struct{}{}:
		case <-t.soft.Done():
			return
		}
		running.Go(func() {
			defer func() { <-open }()
			if err := t.begin(u, slots); err != nil {
				t.failed(err)
				return
			}
			close(u.copied)
		})
	}
}

// begin is start, again when somebody has aborted the upload, as a late call of the same copy does.
func (t *transfer) begin(u *upload, slots chan struct{}) error {
	for try := 0; ; try++ {
		if err := t.start(u, slots); code(err) != "NoSuchUpload" || try == restarts {
			return err
		}
	}
}

// start creates the upload and copies its parts.
func (t *transfer) start(u *upload, slots chan struct{}) (err error) {
	from := t.job.Source.Prefix
	if u.object.Head != nil {
		u.head = *u.object.Head
	} else if u.head, err = t.describe(from, u.object); err != nil {
		return err
	}
	if err := t.create(u); err != nil {
		return about(err, "begin to copy", from, u.object.Key)
	}
	cut := spans(u.object.Size, t.options.partSize(u.object, u.head))
	u.parts = make([]types.CompletedPart, len(cut))
	errs := make(chan error, 1) // the first
	var running sync.WaitGroup
	for i, span := range cut {
		select {
		case slots <- struct{}{}:
		case <-t.soft.Done():
		}
		if t.soft.Err() != nil {
			break
		}
		running.Go(func() {
			defer func() { <-slots }()
			if err := t.copyPart(u, i, span); err != nil {
				select {
				case errs <- err:
				default:
				}
			}
		})
	}
	running.Wait()
	select {
	case err := <-errs:
		return about(sourceError(err, from, u.object), "copy", from, u.object.Key)
	default:
		return t.cause()
	}
}

func (t *transfer) create(u *upload) error {
	to, h, sum := t.job.Destination, u.head, u.object.Checksum
	in := &s3.CreateMultipartUploadInput{
		Bucket: &to.Bucket, Key: aws.String(to.File(u.object.Key)),
		ContentType: orNil(h.ContentType), ContentEncoding: orNil(h.ContentEncoding), ContentDisposition: orNil(h.ContentDisposition),
		ContentLanguage: orNil(h.ContentLanguage), CacheControl: orNil(h.CacheControl), Expires: h.expires(), Metadata: h.Metadata, Tagging: h.tagging(),
	}
	// S3 computes CRC64NVME over the full object when nothing is asked for.
	if crcs[sum.Algorithm] && sum.Type == "FULL_OBJECT" && sum.Algorithm != "CRC64NVME" {
		in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithm(sum.Algorithm), types.ChecksumTypeFullObject
	}
	return t.do(load{settles: true}, func(ctx context.Context) error {
		t.begun.Add(1) // an attempt whose answer is lost may begin one too
		out, err := t.client.CreateMultipartUpload(ctx, in, singly, s3CalculatesChecksums)
		if err == nil {
			u.id = out.UploadId
		}
		return err
	})
}

// s3CalculatesChecksums keeps the SDK from asking for checksums of the parts' composition that nobody would send.
func s3CalculatesChecksums(o *s3.Options) {
	o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
}

func (t *transfer) copyPart(u *upload, i int, r span) error {
	from, to, number := t.job.Source.Prefix, t.job.Destination, int32(i+1)
	in := &s3.UploadPartCopyInput{
		Bucket: &to.Bucket, Key: aws.String(to.File(u.object.Key)), UploadId: u.id, PartNumber: &number,
		CopySource: copySource(from, u.object.Key), CopySourceIfMatch: aws.String(quoted(u.object.ETag)), CopySourceRange: r.header(u.object.Size),
	}
	return t.do(load{bytes: r.length, settles: true}, func(ctx context.Context) error {
		out, err := t.client.UploadPartCopy(ctx, in, singly)
		if err != nil {
			return err
		}
		if out.CopyPartResult == nil {
			return fmt.Errorf("part %d: the answer has no ETag", number)
		}
		p := out.CopyPartResult
		u.parts[i] = types.CompletedPart{PartNumber: &number, ETag: p.ETag, ChecksumCRC32: p.ChecksumCRC32,
			ChecksumCRC32C: p.ChecksumCRC32C, ChecksumCRC64NVME: p.ChecksumCRC64NVME}
		return nil
	})
}

// finish makes the copy visible when all its parts are there.
func (t *transfer) finish(u *upload) error {
	select {
	case <-u.copied:
	case <-t.soft.Done():
		return t.cause()
	}
	for try := 0; ; try++ {
		err := t.complete(u)
		if code(err) == "NoSuchUpload" {
			// Either an earlier attempt has completed it and its answer was lost, or somebody has aborted it.
			var visible bool
			if visible, err = t.visible(u); err == nil && !visible {
				if try == restarts {
					return fmt.Errorf("copy %s%s: S3 forgot the upload %d times", t.job.Source.Prefix, u.object.Key, restarts)
				}
				if err := t.begin(u, make(chan struct{}, partSlots)); err != nil {
					return err
				}
				continue
			}
		}
		if err != nil {
			return about(err, "complete the copy of", t.job.Source.Prefix, u.object.Key)
		}
		t.ended.Add(1)
		t.count(u.object)
		return nil
	}
}

func (t *transfer) complete(u *upload) error {
	to := t.job.Destination
	in := &s3.CompleteMultipartUploadInput{Bucket: &to.Bucket, Key: aws.String(to.File(u.object.Key)), UploadId: u.id,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: u.parts}}
	return t.do(load{bytes: u.object.Size}, func(ctx context.Context) error {
		_, err := t.client.CompleteMultipartUpload(ctx, in, singly)
		return err
	})
}

// visible reports whether the destination is the object that this upload's parts make.
func (t *transfer) visible(u *upload) (bool, error) {
	is, err := t.headers(t.job.Destination, Object{Key: u.object.Key})
	if status(err) == http.StatusNotFound {
		return false, nil
	}
	return err == nil && strings.Trim(aws.ToString(is.ETag), `"`) == etagOf(u.parts), err
}

// etagOf returns the ETag of an object made of parts: the MD5 of their MD5s and their number.
func etagOf(parts []types.CompletedPart) string {
	hash := md5.New() // not for security: S3's own definition
	for _, part := range parts {
		sum, _ := hex.DecodeString(strings.Trim(aws.ToString(part.ETag), `"`))
		hash.Write(sum)
	}
	return fmt.Sprintf("%x-%d", hash.Sum(nil), len(parts))
}
