package iam

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestRequestsOfS3(t *testing.T) {
	t.Parallel()
	b, k, v := aws.String("b"), aws.String("a dir/k+1:é.json"), aws.String("v1")
	object := "arn:aws:s3:::b/a dir/k+1:é.json"
	group := "arn:aws:s3:::b"
	copySource := aws.String("src/a%20dir/from.json")
	runRequestCases(t, []requestCase{
		{"list with a prefix", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: b, Prefix: aws.String("regions/x y/"), Delimiter: aws.String("/"), MaxKeys: aws.Int32(7)}))
		}), []string{"s3:ListBucket " + group + " s3:delimiter=/ s3:max-keys=7 s3:prefix=regions/x y/"}},
		{"list everything", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: b}))
		}), []string{"s3:ListBucket " + group}},
		{"list in the old way", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.ListObjects(ctx, &s3.ListObjectsInput{Bucket: b, Prefix: aws.String("p")}))
		}), []string{"s3:ListBucket " + group + " s3:prefix=p"}},
		{"head bucket", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: b}))
		}), []string{"s3:ListBucket " + group}},
		{"list versions", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: b, Prefix: aws.String("p")}))
		}), []string{"s3:ListBucketVersions " + group + " s3:prefix=p"}},
		{"list uploads", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: b, Prefix: aws.String("p")}))
		}), []string{"s3:ListBucketMultipartUploads " + group + " s3:prefix=p"}},
		{"get", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.GetObject(ctx, &s3.GetObjectInput{Bucket: b, Key: k, PartNumber: aws.Int32(1)}))
		}), []string{"s3:GetObject " + object}},
		{"get a version", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.GetObject(ctx, &s3.GetObjectInput{Bucket: b, Key: k, VersionId: v}))
		}), []string{"s3:GetObjectVersion " + object + " s3:VersionId=v1"}},
		{"get what is encrypted", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("sealed"), Key: aws.String("k")}))
		}), []string{"s3:GetObject arn:aws:s3:::sealed/k", "kms:Decrypt " + key + viaS3}},
		{"head", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String("sealed"), Key: k}))
		}), []string{"s3:GetObject arn:aws:s3:::sealed/a dir/k+1:é.json"}},
		{"head with the checksum", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String("sealed"), Key: aws.String("k"), ChecksumMode: types.ChecksumModeEnabled}))
		}), []string{"s3:GetObject arn:aws:s3:::sealed/k", "kms:Decrypt " + key + viaS3}},
		{"attributes", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.GetObjectAttributes(ctx, &s3.GetObjectAttributesInput{Bucket: b, Key: k, ObjectAttributes: []types.ObjectAttributes{types.ObjectAttributesEtag}}))
		}), []string{"s3:GetObject " + object, "s3:GetObjectAttributes " + object}},
		{"get tags", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: b, Key: k}))
		}), []string{"s3:GetObjectTagging " + object}},
		{"get tags of a version", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: b, Key: k, VersionId: v}))
		}), []string{"s3:GetObjectVersionTagging " + object + " s3:VersionId=v1"}},
		{"put tags", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{Bucket: b, Key: k, Tagging: &types.Tagging{TagSet: []types.Tag{}}}))
		}), []string{"s3:PutObjectTagging " + object}},
		{"put", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.PutObject(ctx, &s3.PutObjectInput{Bucket: b, Key: k, Body: strings.NewReader("x"), IfNoneMatch: aws.String("*")}))
		}), []string{"s3:PutObject " + object}},
		{"put with tags, an ACL and a lock", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.PutObject(ctx, &s3.PutObjectInput{Bucket: b, Key: k, Tagging: aws.String("b=1&a=2"), ACL: types.ObjectCannedACLPrivate,
				ObjectLockMode: types.ObjectLockModeGovernance, ObjectLockLegalHoldStatus: types.ObjectLockLegalHoldStatusOn}))
		}), []string{"s3:PutObject " + object + " s3:RequestObjectTagKeys=a,b", "s3:PutObjectAcl " + object, "s3:PutObjectRetention " + object,
			"s3:PutObjectLegalHold " + object, "s3:PutObjectTagging " + object}},
		{"put with a key", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.PutObject(ctx, &s3.PutObjectInput{Bucket: b, Key: aws.String("k"), ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(key)}))
		}), []string{"s3:PutObject arn:aws:s3:::b/k", "kms:GenerateDataKey " + key + viaS3}},
		{"copy takes the tags along", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: b, Key: k, CopySource: copySource, CopySourceIfMatch: aws.String("e")}))
		}), []string{"s3:GetObject arn:aws:s3:::src/a dir/from.json", "s3:GetObjectTagging arn:aws:s3:::src/a dir/from.json",
			"s3:PutObject " + object + " s3:x-amz-copy-source=src/a%20dir/from.json", "s3:PutObjectTagging " + object}},
		{"copy without tags", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: b, Key: aws.String("k"), CopySource: aws.String("/src/f"), TaggingDirective: types.TaggingDirectiveReplace}))
		}), []string{"s3:GetObject arn:aws:s3:::src/f", "s3:PutObject arn:aws:s3:::b/k s3:x-amz-copy-source=src/f"}},
		{"copy of a version with other tags, to a bucket with a key", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: aws.String("sealed"), Key: aws.String("k"), CopySource: aws.String("sealed/f?versionId=v1"),
				TaggingDirective: types.TaggingDirectiveReplace, Tagging: aws.String("a=1")}))
		}), []string{"s3:GetObjectVersion arn:aws:s3:::sealed/f s3:VersionId=v1",
			"s3:PutObject arn:aws:s3:::sealed/k s3:RequestObjectTagKeys=a s3:x-amz-copy-source=sealed/f?versionId=v1",
			"s3:PutObjectTagging arn:aws:s3:::sealed/k", "kms:Decrypt " + key + viaS3, "kms:GenerateDataKey " + key + viaS3}},
		{"begin an upload in parts", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: b, Key: k, Tagging: aws.String("a=1")}))
		}), []string{"s3:PutObject " + object + " s3:RequestObjectTagKeys=a", "s3:PutObjectTagging " + object}},
		{"a part", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.UploadPart(ctx, &s3.UploadPartInput{Bucket: aws.String("sealed"), Key: aws.String("k"), PartNumber: aws.Int32(1), UploadId: v, Body: strings.NewReader("x")}))
		}), []string{"s3:PutObject arn:aws:s3:::sealed/k", "kms:Decrypt " + key + viaS3}},
		{"copy a part", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.UploadPartCopy(ctx, &s3.UploadPartCopyInput{Bucket: b, Key: k, PartNumber: aws.Int32(1), UploadId: v, CopySource: copySource, CopySourceRange: aws.String("bytes=0-9")}))
		}), []string{"s3:GetObject arn:aws:s3:::src/a dir/from.json", "s3:PutObject " + object}},
		{"end an upload", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: b, Key: k, UploadId: v, MultipartUpload: &types.CompletedMultipartUpload{}}))
		}), []string{"s3:PutObject " + object}},
		{"abort an upload", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: b, Key: k, UploadId: v}))
		}), []string{"s3:AbortMultipartUpload " + object}},
		{"list parts", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.ListParts(ctx, &s3.ListPartsInput{Bucket: b, Key: k, UploadId: v}))
		}), []string{"s3:ListMultipartUploadParts " + object}},
		{"delete", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: b, Key: k, IfMatch: aws.String("e")}))
		}), []string{"s3:DeleteObject " + object}},
		{"delete a version", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: b, Key: k, VersionId: v}))
		}), []string{"s3:DeleteObjectVersion " + object + " s3:VersionId=v1"}},
		{"delete many", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: b, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: aws.String("x & y")}, {Key: k, VersionId: v}}}}))
		}), []string{"s3:DeleteObject arn:aws:s3:::b/x & y", "s3:DeleteObjectVersion " + object + " s3:VersionId=v1"}},
	})
}

// TestKeysOfBuckets: what an encrypted bucket's key needs for each operation on an object.
func TestKeysOfBuckets(t *testing.T) {
	t.Parallel()
	b, k, id := aws.String("sealed"), aws.String("k"), aws.String("u")
	const object = "arn:aws:s3:::sealed/k"
	decrypt, generate := "kms:Decrypt "+key+viaS3, "kms:GenerateDataKey "+key+viaS3
	runRequestCases(t, []requestCase{
		{"put", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.PutObject(ctx, &s3.PutObjectInput{Bucket: b, Key: k, Body: strings.NewReader("x")}))
		}), []string{"s3:PutObject " + object, generate}},
		{"get a part of it", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.GetObject(ctx, &s3.GetObjectInput{Bucket: b, Key: k, Range: aws.String("bytes=0-9")}))
		}), []string{"s3:GetObject " + object, decrypt}},
		{"sizes of its parts", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: b, Key: k, PartNumber: aws.Int32(1)}))
		}), []string{"s3:GetObject " + object}},
		{"tags", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: b, Key: k}))
		}), []string{"s3:GetObjectTagging " + object}},
		{"list", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: b}))
		}), []string{"s3:ListBucket arn:aws:s3:::sealed"}},
		{"copy within the bucket", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: b, Key: k, CopySource: aws.String("sealed/f")}))
		}), []string{"s3:GetObject arn:aws:s3:::sealed/f", "s3:GetObjectTagging arn:aws:s3:::sealed/f",
			"s3:PutObject " + object + " s3:x-amz-copy-source=sealed/f", "s3:PutObjectTagging " + object, decrypt, generate}},
		{"copy into the bucket", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: b, Key: k, CopySource: aws.String("b/f"), TaggingDirective: types.TaggingDirectiveReplace}))
		}), []string{"s3:GetObject arn:aws:s3:::b/f", "s3:PutObject " + object + " s3:x-amz-copy-source=b/f", generate}},
		{"copy out of the bucket", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: aws.String("b"), Key: k, CopySource: aws.String("sealed/f"), TaggingDirective: types.TaggingDirectiveReplace}))
		}), []string{"s3:GetObject arn:aws:s3:::sealed/f", "s3:PutObject arn:aws:s3:::b/k s3:x-amz-copy-source=sealed/f", decrypt}},
		{"begin an upload", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: b, Key: k}))
		}), []string{"s3:PutObject " + object, generate}},
		{"copy a part within the bucket", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.UploadPartCopy(ctx, &s3.UploadPartCopyInput{Bucket: b, Key: k, PartNumber: aws.Int32(1), UploadId: id, CopySource: aws.String("sealed/f")}))
		}), []string{"s3:GetObject arn:aws:s3:::sealed/f", "s3:PutObject " + object, decrypt, decrypt}},
		{"copy a part into the bucket", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.UploadPartCopy(ctx, &s3.UploadPartCopyInput{Bucket: b, Key: k, PartNumber: aws.Int32(1), UploadId: id, CopySource: aws.String("b/f")}))
		}), []string{"s3:GetObject arn:aws:s3:::b/f", "s3:PutObject " + object, decrypt}},
		{"end an upload", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: b, Key: k, UploadId: id, MultipartUpload: &types.CompletedMultipartUpload{}}))
		}), []string{"s3:PutObject " + object, decrypt}},
		{"abort an upload", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: b, Key: k, UploadId: id}))
		}), []string{"s3:AbortMultipartUpload " + object}},
		{"list parts", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.ListParts(ctx, &s3.ListPartsInput{Bucket: b, Key: k, UploadId: id}))
		}), []string{"s3:ListMultipartUploadParts " + object, decrypt}},
		{"delete", onS3(func(ctx context.Context, c *s3.Client) error {
			return failed(c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: b, Key: k}))
		}), []string{"s3:DeleteObject " + object}},
	})
}
