// Package s3copy copies a prefix on S3's side, as fast as one prefix bears, and proves that the copy is the source.
//
// # How objects are copied
//
// An object uploaded in one piece is copied by one CopyObject, which keeps headers, metadata, tags and ETag. An object
// uploaded in parts is copied in parts of the same sizes, so that its ETag stays the same; headers, metadata and tags,
// which a copy in parts drops, are read and sent again. A large object (Options.LargeFrom) uploaded in one piece is copied
// in parts too when S3 keeps a checksum of it that it can compute for a copy in parts, and always above Options.MaxCopy.
// Every request names the ETag of the inventory: an object that has changed is a SourceChangedError and never a mixture.
//
// # What Verify compares
//
// Sizes always. Then, the first that decides:
//
//  1. Equal ETags: equal content. (An ETag is the MD5 of the content, or of the parts' MD5s and so also of their sizes;
//     under SSE-KMS it is opaque and differs, and the next step decides.)
//  2. Equal checksums over the full object, kept of both by the same algorithm: equal content. Composite checksums
//     are not compared: they depend on the parts' sizes.
//  3. Both ETags of one piece, neither object encrypted with KMS or a customer's key: both are MD5s, and differ.
//  4. Otherwise both are read, byte by byte.
//
// There is no step that passes by counting: an object that none of these proves equal is a Difference.
package s3copy

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"net/http"
)

// Options set how a Copier works. Zero fields take the defaults named beside them.
type Options struct {
	// LargeFrom is the size in bytes above which a copy in parts is faster. 64 MiB.
	LargeFrom int64
	// PartSize is the size of such parts, in bytes. 16 MiB; at least 5 MiB (S3). Grows for objects of over 10,000 parts.
	PartSize int64
	// MaxCopy is the largest object that one CopyObject may copy, in bytes. 5,000,000,000 (S3).
	MaxCopy int64
	// InFlight is how many requests are in flight at the start; the number then follows latency and throttling. 128.
	InFlight int
	// MaxInFlight bounds that number. 256, for which a function needs about 60 MiB.
	MaxInFlight int
	// Margin is how long before the context's deadline no new request is started. 20 s. The requests still in
	// flight after half of it are cut off, and the rest is for cleaning up and answering.
	Margin time.Duration
}

func (o Options) withDefaults() Options {
	orElse(&o.LargeFrom, 64<<20)
	orElse(&o.PartSize, 16<<20)
	orElse(&o.MaxCopy, 5_000_000_000)
	orElse(&o.InFlight, 128)
	orElse(&o.MaxInFlight, 256)
	orElse(&o.Margin, 20*time.Second)
	return o
}

func orElse[T comparable](field *T, fallback T) {
	var zero T
	if *field == zero {
		*field = fallback
	}
}

// Copier copies, verifies and removes. It may be used again and by several goroutines, which then share the number of
// requests in flight.
type Copier struct {
	client  client
	options Options
	pace    *pace
	readers readers
}

// New returns a Copier. The client should keep as many connections as requests may be in flight: see NewClient.
func New(client client, options Options) *Copier {
	options = options.withDefaults()
	return &Copier{client: client, options: options, pace: newPace(options.InFlight, options.MaxInFlight)}
}

// NewClient returns an S3 client that keeps a connection for each of inFlight requests.
// The SDK's own keeps ten a host, and opens and closes one for nearly every request beyond them.
func NewClient(cfg aws.Config, inFlight int) *s3.Client {
	base, ok := cfg.HTTPClient.(*awshttp.BuildableClient)
	if !ok && cfg.HTTPClient != nil {
		return s3.NewFromConfig(cfg) // the caller's own choice
	}
	if !ok {
		base = awshttp.NewBuildableClient()
	}
	cfg.HTTPClient = base.WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns, t.MaxIdleConnsPerHost = inFlight, inFlight
	})
	return s3.NewFromConfig(cfg)
}

// client is what a Copier calls, sorted by what for.
type client interface {
	getter
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	CopyObject(context.Context, *s3.CopyObjectInput, ...func(*s3.Options)) (*s3.CopyObjectOutput, error)
	DeleteObjects(context.Context, *s3.DeleteObjectsInput, ...func(*s3.Options)) (*s3.DeleteObjectsOutput, error)
	describer
	uploader
}

type describer interface {
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
	GetObjectTagging(context.Context, *s3.GetObjectTaggingInput, ...func(*s3.Options)) (*s3.GetObjectTaggingOutput, error)
}

type uploader interface {
	CreateMultipartUpload(context.Context, *s3.CreateMultipartUploadInput, ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error)
	UploadPartCopy(context.Context, *s3.UploadPartCopyInput, ...func(*s3.Options)) (*s3.UploadPartCopyOutput, error)
	CompleteMultipartUpload(context.Context, *s3.CompleteMultipartUploadInput, ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error)
	AbortMultipartUpload(context.Context, *s3.AbortMultipartUploadInput, ...func(*s3.Options)) (*s3.AbortMultipartUploadOutput, error)
	ListMultipartUploads(context.Context, *s3.ListMultipartUploadsInput, ...func(*s3.Options)) (*s3.ListMultipartUploadsOutput, error)
}
