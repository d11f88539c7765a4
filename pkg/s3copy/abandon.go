package s3copy

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// abandon aborts the uploads that an earlier call, cut off, has left of these objects: S3 would keep their parts, and charge for them,
// for ever. Uploads of other keys are not ours.
func (t *transfer) abandon() error {
	to := t.job.Destination
	ours := map[string]bool{}
	for _, o := range t.job.Source.Objects {
		if t.options.inParts(o) {
			ours[to.File(o.Key)] = true
		}
	}
	if len(ours) == 0 {
		return nil
	}
	in := &s3.ListMultipartUploadsInput{Bucket: &to.Bucket, Prefix: &to.Key}
	for {
		var page *s3.ListMultipartUploadsOutput
		err := t.do(load{}, func(ctx context.Context) (err error) {
			page, err = t.client.ListMultipartUploads(ctx, in, singly)
			return err
		})
		if err != nil {
			return fmt.Errorf("list the unfinished uploads under %s: %w", to, err)
		}
		for _, left := range page.Uploads {
			if !ours[aws.ToString(left.Key)] {
				continue
			}
			if err := t.abort(left); err != nil {
				return err
			}
		}
		if !aws.ToBool(page.IsTruncated) {
			return nil
		}
		was := marker{aws.ToString(in.KeyMarker), aws.ToString(in.UploadIdMarker)}
		next := marker{aws.ToString(page.NextKeyMarker), aws.ToString(page.NextUploadIdMarker)}
		if next.key < was.key || next == was {
			return fmt.Errorf("list the unfinished uploads under %s: the server's fault: it says that there is more after %q, but goes on at %q", to, was, next)
		}
		in.KeyMarker, in.UploadIdMarker = page.NextKeyMarker, page.NextUploadIdMarker
	}
}

// marker is where a page of uploads ends. S3 lists them by key, and those of one key by their time.
type marker struct{ key, upload string }

func (t *transfer) abort(left types.MultipartUpload) error {
	in := &s3.AbortMultipartUploadInput{Bucket: &t.job.Destination.Bucket, Key: left.Key, UploadId: left.UploadId}
	err := t.do(load{}, func(ctx context.Context) error {
		_, err := t.client.AbortMultipartUpload(ctx, in, singly)
		return err
	})
	if err != nil && status(err) != http.StatusNotFound {
		return fmt.Errorf("abort the upload of s3://%s/%s: %w", *in.Bucket, *in.Key, err)
	}
	return nil
}

// cleanUp aborts what this call leaves unfinished, and uploads whose creation was answered too late to be known. It takes at most the half of
// the margin that is left when requests in flight are cut off. A failure is not reported: the next call aborts what is left.
func (t *transfer) cleanUp() {
	if t.begun.Load() == t.ended.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.hard), t.options.Margin/2)
	defer cancel()
	after := &transfer{session: &session{Copier: t.Copier}, job: t.job}
	after.hard, after.fail = context.WithCancelCause(ctx)
	after.soft = after.hard
	defer after.fail(errors.New("done"))
	_ = after.abandon()
}
