package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newStore makes the bucket of locks, journals and inventories. It outlives the stack: a journal may say what is left.
// Only when its creation is rolled back does it go, because it has a fixed name and would stop the next deployment.
func newStore(scope constructs.Construct, e environment) {
	store := constructs.NewConstruct(scope, jsii.String("Store"))
	bucket := awss3.NewBucket(store, jsii.String("State"), &awss3.BucketProps{
		BucketName:        jsii.String(e.StateBucket()),
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		EnforceSSL:        jsii.Bool(true),
		MinimumTLSVersion: jsii.Number(1.2),
		Versioned:         jsii.Bool(true),
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE,
		LifecycleRules: &[]*awss3.LifecycleRule{
			{Id: jsii.String("versions"), NoncurrentVersionExpiration: awscdk.Duration_Days(jsii.Number(90)), ExpiredObjectDeleteMarker: jsii.Bool(true)},
			{Id: jsii.String("runs"), Prefix: jsii.String("runs/"), Expiration: awscdk.Duration_Days(jsii.Number(730))},
			{Id: jsii.String("uploads"), AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(7))},
		},
	})
	suppress(bucket, "AwsSolutions-S1", "Only this stack's functions write here, each call is in their logs by request ID, "+
		"and every version is kept for 90 days; an access log would add a second bucket and no knowledge.")
}
