package main

import (
	"context"
	"errors"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

func (p preflight) bucket(ctx context.Context, name string) error {
	there, err := p.bucketThere(ctx, name)
	if err == nil && !there {
		return lacks("it does not exist; mend the setting that names it")
	}
	return err
}

// bucketThere tells whether a bucket exists. One in another region counts as wrong: the functions work in theirs only.
func (p preflight) bucketThere(ctx context.Context, name string) (bool, error) {
	_, err := p.buckets.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name})
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) {
		return err == nil, err
	}
	switch answer.HTTPStatusCode() {
	case http.StatusNotFound:
		return false, nil
	case http.StatusMovedPermanently:
		return false, lacks("it is in %s, but the functions reach buckets of %s only; use one there", answer.Response.Header.Get("X-Amz-Bucket-Region"), p.settings.Region)
	case http.StatusForbidden: // S3 does not tell these two apart
		return false, untold("cannot look: needs s3:ListBucket, unless the name is of another account's bucket")
	}
	return false, err
}

func (p preflight) events(ctx context.Context) error {
	out, err := p.buckets.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{Bucket: &p.settings.UploadBucket})
	var refusal smithy.APIError
	switch {
	case errors.As(err, &refusal) && refusal.ErrorCode() == "NoSuchBucket":
		return lacks("the bucket does not exist; mend the setting uploadBucket")
	case err == nil && out.EventBridgeConfiguration == nil:
		return lacks("its notifications to EventBridge are off, so uploads start nothing: see docs/deploying.md, section 6")
	}
	return err
}
