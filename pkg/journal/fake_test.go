package journal

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// mishap is what happens to one call.
type mishap string

const (
	lostBefore mishap = "not sent"                                    // fails without an effect
	lostAfter  mishap = "effect happened, answer lost"                // fails after the effect
	sentTwice  mishap = "effect happened, answer lost, sent again"    // the SDK's own retry: the second answer counts
	throttled  mishap = "503 SlowDown"                                // fails without an effect
	conflicted mishap = "409 conflict (conditional calls), no effect" // another writer at the same moment
)

type object struct {
	body    []byte
	written time.Time
}

func (o object) etag() string {
	sum := md5.Sum(o.body)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// bucket is an S3 bucket in memory: it keeps conditions, pages its listings, and fails as the SDK reports failures.
type bucket struct {
	mu      sync.Mutex
	objects map[string]object
	now     func() time.Time
	calls   int
	plan    map[int]mishap              // what happens to the nth call, from 0
	before  func(operation, key string) // runs before a call takes effect, without the lock held
	page    int                         // objects a listing page
}

func newBucket(now func() time.Time) *bucket {
	return &bucket{objects: map[string]object{}, now: now, page: 2}
}

// do runs one call under its mishap. The effect must hold the bucket's lock itself.
func (b *bucket) do(operation, key string, conditional bool, effect func() error) error {
	b.mu.Lock()
	mishap := b.plan[b.calls]
	b.calls++
	hook := b.before
	b.mu.Unlock()
	if hook != nil {
		hook(operation, key)
	}
	switch mishap {
	case lostBefore:
		return failed(operation, 0, "", "connection refused")
	case throttled:
		return failed(operation, http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	case conflicted:
		if conditional {
			return failed(operation, http.StatusConflict, "ConditionalRequestConflict", "A conflicting operation occurred.")
		}
	case lostAfter:
		_ = effect()
		return failed(operation, 0, "", "connection reset by peer")
	case sentTwice:
		_ = effect()
	}
	return effect()
}

// failed shapes an error as the SDK does.
func failed(operation string, status int, code, message string) error {
	err := error(&smithy.GenericAPIError{Code: code, Message: message})
	if code == "NoSuchKey" {
		err = &types.NoSuchKey{Message: &message}
	}
	if status == 0 {
		err = &smithyhttp.RequestSendError{Err: errors.New(message)}
	} else {
		err = &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err}
	}
	return &smithy.OperationError{ServiceID: "S3", OperationName: operation, Err: err}
}

func (b *bucket) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	err = b.do("PutObject", *in.Key, in.IfMatch != nil || in.IfNoneMatch != nil, func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		there, exists := b.objects[*in.Key]
		switch {
		case in.IfMatch != nil && !exists:
			return failed("PutObject", http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
		case in.IfNoneMatch != nil && exists, in.IfMatch != nil && *in.IfMatch != there.etag():
			return failed("PutObject", http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
		}
		b.objects[*in.Key] = object{body, b.now().Truncate(time.Second)}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &s3.PutObjectOutput{ETag: aws.String(object{body: body}.etag())}, nil
}

func (b *bucket) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	var out *s3.GetObjectOutput
	err := b.do("GetObject", *in.Key, false, func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		there, exists := b.objects[*in.Key]
		if !exists {
			return failed("GetObject", http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
		}
		out = &s3.GetObjectOutput{Body: io.NopCloser(bytes.NewReader(there.body)), ETag: aws.String(there.etag())}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (b *bucket) DeleteObject(_ context.Context, in *s3.DeleteObjectInput, _ ...func(*s3.Options)) (*s3.DeleteObjectOutput, error) {
	err := b.do("DeleteObject", *in.Key, in.IfMatch != nil, func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		there, exists := b.objects[*in.Key]
		if in.IfMatch != nil && (!exists || *in.IfMatch != there.etag()) {
			return failed("DeleteObject", http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
		}
		delete(b.objects, *in.Key)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &s3.DeleteObjectOutput{}, nil
}

func (b *bucket) ListObjectsV2(_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	out := &s3.ListObjectsV2Output{}
	err := b.do("ListObjectsV2", *in.Prefix, false, func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		*out = s3.ListObjectsV2Output{}
		for _, key := range b.keysLocked() {
			if !strings.HasPrefix(key, *in.Prefix) || key <= aws.ToString(in.ContinuationToken) {
				continue
			}
			if len(out.Contents) == b.page {
				out.IsTruncated, out.NextContinuationToken = aws.Bool(true), out.Contents[b.page-1].Key
				return nil
			}
			out.Contents = append(out.Contents, types.Object{Key: aws.String(key), LastModified: aws.Time(b.objects[key].written)})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (b *bucket) keysLocked() []string {
	keys := make([]string, 0, len(b.objects))
	for key := range b.objects {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// keys lists everything in the bucket.
func (b *bucket) keys() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.keysLocked()
}

// contents is everything in the bucket, for comparing two histories.
func (b *bucket) contents() map[string]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := map[string]string{}
	for key, o := range b.objects {
		all[key] = string(o.body)
	}
	return all
}

// ledger is Step Functions: the executions it knows and their states.
type ledger struct {
	mu     sync.Mutex
	states map[string]sfntypes.ExecutionStatus
	err    error
}

func (l *ledger) DescribeExecution(_ context.Context, in *sfn.DescribeExecutionInput, _ ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return nil, &smithy.OperationError{ServiceID: "SFN", OperationName: "DescribeExecution", Err: l.err}
	}
	state, known := l.states[*in.ExecutionArn]
	if !known {
		missing := &sfntypes.ExecutionDoesNotExist{Message: aws.String(fmt.Sprintf("Execution Does Not Exist: '%s'", *in.ExecutionArn))}
		return nil, &smithy.OperationError{ServiceID: "SFN", OperationName: "DescribeExecution", Err: missing}
	}
	return &sfn.DescribeExecutionOutput{ExecutionArn: in.ExecutionArn, Status: state}, nil
}
