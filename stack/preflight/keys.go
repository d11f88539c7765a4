package main

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// encryption holds the customer managed key that a bucket encrypts new objects with against that of the settings: it is the
// one that the functions may use. Objects keep the key that they were written with, so that of the settings may be of use
// although the bucket has another by now. S3's own key and the AWS managed one need no permission.
func (p preflight) encryption(ctx context.Context, bucket string) error {
	own, err := p.ownKey(ctx, bucket)
	given := p.settings.DataKeys[bucket]
	switch {
	case err != nil:
		return err
	case own == nil && given == "":
		return nil
	case own == nil:
		return p.olderKey(ctx, given)
	case given != aws.ToString(own.Arn):
		return lacks("it encrypts with a key that the functions may not use; set dataKeys.%s to %s", bucket, aws.ToString(own.Arn))
	}
	return usable(own)
}

// olderKey looks at the key that the settings name for a bucket that has none.
func (p preflight) olderKey(ctx context.Context, arn string) error {
	key, err := p.describeKey(ctx, arn)
	switch {
	case err != nil:
		return err
	case key == nil:
		return lacks("there is no key %s; mend the setting dataKeys", arn)
	}
	if err := usable(key); err != nil {
		return err
	}
	return beware("it encrypts with AWS's own key, so that of dataKeys serves older objects only; if there are none, take it out")
}

// ownKey describes the customer managed key of a bucket's default encryption; nil if it has none.
func (p preflight) ownKey(ctx context.Context, bucket string) (*kmstypes.KeyMetadata, error) {
	named, err := p.keyOfBucket(ctx, bucket)
	if err != nil || named == "" {
		return nil, err
	}
	key, err := p.describeKey(ctx, named)
	switch {
	case err != nil:
		return nil, err
	case key == nil:
		return nil, lacks("it encrypts with %s, which is gone, so nothing can be written; change its default encryption", named)
	case key.KeyManager == kmstypes.KeyManagerTypeAws:
		return nil, nil
	}
	return key, nil
}

// keyOfBucket is what a bucket's default encryption names: a key's ARN or ID, or an alias. It is empty if it names none:
// S3 then takes its own key, or the AWS managed one.
func (p preflight) keyOfBucket(ctx context.Context, bucket string) (string, error) {
	out, err := p.buckets.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &bucket})
	var refusal smithy.APIError
	switch {
	case errors.As(err, &refusal) && refusal.ErrorCode() == "ServerSideEncryptionConfigurationNotFoundError":
		return "", nil
	case errors.As(err, &refusal) && slices.Contains([]string{"NoSuchBucket", "PermanentRedirect"}, refusal.ErrorCode()):
		return "", untold("cannot tell before the bucket is found")
	case err != nil:
		return "", err
	case out.ServerSideEncryptionConfiguration == nil:
		return "", nil
	}
	for _, rule := range out.ServerSideEncryptionConfiguration.Rules {
		if d := rule.ApplyServerSideEncryptionByDefault; d != nil {
			return aws.ToString(d.KMSMasterKeyID), nil
		}
	}
	return "", nil
}

// describeKey returns nil if there is none.
func (p preflight) describeKey(ctx context.Context, named string) (*kmstypes.KeyMetadata, error) {
	out, err := p.keys.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &named})
	if none := new(kmstypes.NotFoundException); errors.As(err, &none) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return out.KeyMetadata, nil
}

// usable says why a key cannot be used: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
func usable(key *kmstypes.KeyMetadata) error {
	arn := aws.ToString(key.Arn)
	switch key.KeyState {
	case kmstypes.KeyStateEnabled, kmstypes.KeyStateUpdating:
		return nil
	case kmstypes.KeyStateDisabled:
		return lacks("its key is disabled; run: aws kms enable-key --key-id %s", arn)
	case kmstypes.KeyStatePendingDeletion:
		return lacks("its key is about to be deleted; run: aws kms cancel-key-deletion --key-id %[1]s && aws kms enable-key --key-id %[1]s", arn)
	}
	return lacks("its key %s cannot be used, its state is %s", arn, key.KeyState)
}
