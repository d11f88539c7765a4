package s3copy_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
)

// seed puts n small objects and one uploaded in a single part, which is copied as large ones are.
func (w *world) seed(n int) s3copy.Inventory {
	w.Helper()
	for i := range n {
		w.put(w.from, fmt.Sprintf("tiles/%d.pbf", i), fmt.Sprintf("tile %d", i))
	}
	w.upload(w.from, "topo.json", &s3.CreateMultipartUploadInput{}, "topology")
	return w.take(w.from)
}

func TestStormOfSlowDownsIsSurvived(t *testing.T) {
	t.Parallel()
	w := newWorld(t, objectstore.Hooks{})
	source := w.seed(60)
	dice := rand.New(rand.NewPCG(1, 2))
	var mu sync.Mutex
	refused := 0
	w.front.SetHooks(objectstore.Hooks{Fault: func(op, _, _ string) objectstore.Fault {
		mu.Lock()
		defer mu.Unlock()
		if op == "CopyObject" && refused < 20 || dice.IntN(10) < 3 { // all copies at first, then three in ten
			refused++
			return objectstore.Fault{Refuse: objectstore.SlowDown()}
		}
		return objectstore.Fault{}
	}})
	if result := w.copy(s3copy.Options{InFlight: 32}, s3copy.Job{Source: source, Destination: w.to}); !result.Done {
		t.Errorf("result = %+v", result)
	}
	t.Logf("%d requests were refused", refused)
	w.equal(source, w.to)
}

func TestThrottlingUntilTheDeadlineIsNoFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, objectstore.Hooks{})
	source := w.seed(3)
	w.front.SetHooks(objectstore.Hooks{Fault: func(op, _, _ string) objectstore.Fault {
		if op == "CopyObject" {
			return objectstore.Fault{Refuse: objectstore.SlowDown()}
		}
		return objectstore.Fault{}
	}})
	ctx, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond)
	defer cancel()
	result, err := s3copy.New(w.client, s3copy.Options{Margin: 400 * time.Millisecond}).Copy(ctx, s3copy.Job{Source: source, Destination: w.to})
	if err != nil || result.Done || result.Left != 3 && result.Left != 4 {
		t.Errorf("result = %+v, %v", result, err)
	}
	if ctx.Err() != nil {
		t.Error("it stopped only after the deadline")
	}
	if left := w.uploads(); len(left) > 0 {
		t.Errorf("uploads left: %q", left)
	}
}

func TestDeadlineStopsInTimeAndTheNextCallGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, objectstore.Hooks{})
	source := w.seed(40)
	w.front.SetHooks(objectstore.Hooks{Fault: func(op, _, _ string) objectstore.Fault { return objectstore.Fault{Delay: 50 * time.Millisecond} }})
	calls, copied := 0, 0
	for done := false; !done; calls++ {
		if calls == 30 {
			t.Fatal("no progress")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
		result, err := s3copy.New(w.client, s3copy.Options{InFlight: 4, MaxInFlight: 4, Margin: 300 * time.Millisecond}).Copy(ctx, s3copy.Job{Source: source, Destination: w.to})
		if err != nil || ctx.Err() != nil {
			t.Fatalf("call %d: %+v, %v, context: %v", calls, result, err, ctx.Err())
		}
		cancel()
		copied += result.Copied
		if done = result.Done; result.Objects != 41 || done != (result.Left == 0) {
			t.Errorf("call %d: %+v", calls, result)
		}
	}
	unheard := 4 * (calls - 1) // each call that stops may leave as many copies whose answers come too late to be counted
	if calls < 2 || copied < 41-unheard || copied > 45 {
		t.Errorf("%d calls copied %d objects; want several calls and hardly more than 41", calls, copied)
	}
	w.equal(source, w.to)
}

func TestCancelledCallerIsAnError(t *testing.T) {
	w := newWorld(t, objectstore.Hooks{})
	source := w.seed(1)
	ctx, cancel := context.WithCancel(t.Context())
	w.front.SetHooks(objectstore.Hooks{Fault: func(op, _, _ string) objectstore.Fault { cancel(); return objectstore.Fault{} }})
	if result, err := s3copy.New(w.client, s3copy.Options{}).Copy(ctx, s3copy.Job{Source: source, Destination: w.to}); err == nil {
		t.Errorf("result = %+v", result)
	}
}

func TestLostAndBrokenAnswers(t *testing.T) {
	t.Parallel()
	faults := map[string]objectstore.Fault{
		"answer lost":    {LostAnswer: true},
		"internal error": {Replace: objectstore.InternalError()},
		// S3 may say 200 first and find an error later.
		"error behind 200": {Replace: &objectstore.Refusal{Status: 200, Code: "InternalError", Message: "late"}},
		"refused":          {Refuse: objectstore.InternalError()},
	}
	ops := []string{"ListObjectsV2", "CopyObject", "HeadObject", "GetObjectTagging", "ListMultipartUploads", "CreateMultipartUpload", "UploadPartCopy", "CompleteMultipartUpload"}
	for name, fault := range faults {
		for _, op := range ops {
			if name == "error behind 200" && op != "CopyObject" && op != "CompleteMultipartUpload" && op != "UploadPartCopy" {
				continue
			}
			t.Run(name+" of "+op, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, objectstore.Hooks{})
				source := w.seed(2)
				var left atomic.Int64
				left.Store(1)
				w.front.SetHooks(objectstore.Hooks{Fault: func(called, _, _ string) objectstore.Fault {
					if called == op && left.Add(-1) >= 0 {
						return fault
					}
					return objectstore.Fault{}
				}})
				if result := w.copy(s3copy.Options{}, s3copy.Job{Source: source, Destination: w.to}); !result.Done {
					t.Errorf("result = %+v", result)
				}
				if left.Load() >= 0 {
					t.Errorf("the fault was not met")
				}
				w.equal(source, w.to)
				if left := w.uploads(); len(left) > 0 {
					t.Errorf("uploads left: %q", left)
				}
			})
		}
	}
}

// S3 forgets an upload that was completed or aborted; the gateway would answer 200.
func TestForgottenUpload(t *testing.T) {
	t.Parallel()
	forgotten := &objectstore.Refusal{Status: 404, Code: "NoSuchUpload", Message: "The specified upload does not exist."}
	t.Run("completed, answer lost", func(t *testing.T) {
		w := newWorld(t, objectstore.Hooks{})
		source := w.seed(0)
		var calls atomic.Int64
		w.front.SetHooks(objectstore.Hooks{Fault: func(op, _, _ string) objectstore.Fault {
			if op == "CompleteMultipartUpload" {
				if calls.Add(1) == 1 {
					return objectstore.Fault{LostAnswer: true}
				}
				return objectstore.Fault{Refuse: forgotten}
			}
			return objectstore.Fault{}
		}})
		w.copy(s3copy.Options{}, s3copy.Job{Source: source, Destination: w.to})
		if calls.Load() != 2 {
			t.Errorf("completed %d times", calls.Load())
		}
		w.equal(source, w.to)
	})
	for _, op := range []string{"UploadPartCopy", "CompleteMultipartUpload"} {
		t.Run("aborted by somebody before "+op, func(t *testing.T) {
			w := newWorld(t, objectstore.Hooks{})
			source := w.seed(0)
			var once atomic.Bool
			w.front.SetHooks(objectstore.Hooks{Fault: func(called, _, _ string) objectstore.Fault {
				if called == op && once.CompareAndSwap(false, true) {
					return objectstore.Fault{Refuse: forgotten}
				}
				return objectstore.Fault{}
			}})
			w.copy(s3copy.Options{}, s3copy.Job{Source: source, Destination: w.to})
			w.equal(source, w.to)
			if left := w.uploads(); len(left) > 0 {
				t.Errorf("uploads left: %q", left)
			}
		})
	}
}

func TestAbandonedUploadsAreAborted(t *testing.T) {
	w := newWorld(t, objectstore.Hooks{})
	source := w.seed(0)
	for _, key := range []string{"topo.json", "topo.json", "somebody-elses.json"} {
		if _, err := w.direct.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &w.bucket, Key: aws.String(w.to.File(key))}); err != nil {
			t.Fatal(err)
		}
	}
	w.copy(s3copy.Options{}, s3copy.Job{Source: source, Destination: w.to})
	if left := w.uploads(); len(left) != 1 || !strings.HasSuffix(left[0], "somebody-elses.json") {
		t.Errorf("uploads left: %q", left)
	}
}

func TestPermanentFailureNamesTheObject(t *testing.T) {
	w := newWorld(t, objectstore.Hooks{})
	source := w.seed(1)
	w.front.SetHooks(objectstore.Hooks{Fault: func(op, _, _ string) objectstore.Fault {
		if op == "GetObjectTagging" {
			return objectstore.Fault{Refuse: &objectstore.Refusal{Status: 403, Code: "AccessDenied", Message: "no s3:GetObjectTagging"}}
		}
		return objectstore.Fault{}
	}})
	_, err := s3copy.New(w.client, s3copy.Options{}).Copy(t.Context(), s3copy.Job{Source: source, Destination: w.to})
	if err == nil || !strings.Contains(err.Error(), "topo.json") || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("error = %v", err)
	}
}
