package s3copy_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// veiled is S3 as it answers for old or encrypted objects: without checksums, or with ETags that are no MD5s.
type veiled struct {
	*s3.Client
	encryption types.ServerSideEncryption
	read       atomic.Int64 // GetObject calls
}

func (v *veiled) HeadObject(ctx context.Context, in *s3.HeadObjectInput, options ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	out, err := v.Client.HeadObject(ctx, in, options...)
	if err == nil {
		out.ChecksumType, out.ChecksumCRC64NVME, out.ChecksumCRC32, out.ServerSideEncryption = "", nil, nil, v.encryption
	}
	return out, err
}

func (v *veiled) GetObject(ctx context.Context, in *s3.GetObjectInput, options ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	v.read.Add(1)
	return v.Client.GetObject(ctx, in, options...)
}

func TestVerifyFinds(t *testing.T) {
	big := text(5 * mebibyte)
	tests := []struct {
		name   string
		change func(w *world)
		want   []s3copy.Difference
		extra  []string
	}{
		{name: "nothing", change: func(w *world) {}},
		{name: "a missing object", change: func(w *world) { w.remove(w.to, "b") }, want: []s3copy.Difference{{Key: "b", Problem: "is missing"}}},
		{name: "another size", change: func(w *world) { w.put(w.to, "b", "body!") }, want: []s3copy.Difference{{Key: "b", Problem: "has 5 bytes instead of 4"}}},
		{name: "same size, other bytes", change: func(w *world) { w.put(w.to, "b", "bodY") },
			want: []s3copy.Difference{{Key: "b", Problem: "has the right size but other content"}}},
		{name: "same size and layout of parts, other bytes", change: func(w *world) { w.upload(w.to, "large", &s3.CreateMultipartUploadInput{}, big, "eND") },
			want: []s3copy.Difference{{Key: "large", Problem: "has the right size but other content"}}},
		{name: "same size in one piece, other bytes", change: func(w *world) { w.put(w.to, "large", big+"eND") },
			want: []s3copy.Difference{{Key: "large", Problem: "has the right size but other content"}}},
		{name: "no fault in another layout of parts", change: func(w *world) { w.put(w.to, "large", big+"end") }},
		{name: "one gone and one more, so that the count is right", change: func(w *world) { w.remove(w.to, "a"); w.put(w.to, "z", "body") },
			want: []s3copy.Difference{{Key: "a", Problem: "is missing"}}, extra: []string{"z"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, objectstore.Hooks{})
			w.put(w.from, "a", "body")
			w.put(w.from, "b", "body")
			w.upload(w.from, "large", &s3.CreateMultipartUploadInput{}, big, "end")
			source := w.take(w.from)
			w.copy(s3copy.Options{}, s3copy.Job{Source: source, Destination: w.to})
			tt.change(w)
			for name, client := range map[string]*veiled{"without checksums": {Client: w.direct}, "encrypted": {Client: w.direct, encryption: types.ServerSideEncryptionAwsKms}} {
				report, err := s3copy.New(client, s3copy.Options{}).Verify(t.Context(), source, w.to)
				if err != nil || !report.Done || report.Equal() != (tt.want == nil) {
					t.Fatalf("%s: report = %+v, %v", name, report, err)
				}
				if diff := cmp.Diff(tt.want, report.Differences) + cmp.Diff(tt.extra, report.Extra); diff != "" {
					t.Errorf("%s: %s", name, diff)
				}
			}
			report, err := s3copy.New(w.direct, s3copy.Options{}).Verify(t.Context(), source, w.to)
			if err != nil || cmp.Diff(tt.want, report.Differences) != "" {
				t.Errorf("with checksums: %+v, %v", report, err)
			}
		})
	}
}

// Objects encrypted with KMS have ETags that tell nothing, so without checksums their content is read.
func TestVerifyReadsWhatNothingElseProves(t *testing.T) {
	w := newWorld(t, objectstore.Hooks{})
	w.put(w.from, "large", text(5*mebibyte)+"end")
	w.upload(w.to, "large", &s3.CreateMultipartUploadInput{}, text(5*mebibyte), "end")
	client := &veiled{Client: w.direct}
	report, err := s3copy.New(client, s3copy.Options{}).Verify(t.Context(), w.take(w.from), w.to)
	if err != nil || !report.Equal() || client.read.Load() != 2 {
		t.Errorf("report = %+v, %v after reading %d objects", report, err, client.read.Load())
	}
}

func TestVerifyCutOffByTheDeadlineProvesNothing(t *testing.T) {
	w := newWorld(t, objectstore.Hooks{})
	w.put(w.from, "large", "abcd")
	w.upload(w.to, "large", &s3.CreateMultipartUploadInput{}, "abcd")
	source := w.take(w.from)
	w.front.SetHooks(objectstore.Hooks{Fault: func(op, _, _ string) objectstore.Fault {
		if op == "HeadObject" {
			return objectstore.Fault{Delay: time.Second}
		}
		return objectstore.Fault{}
	}})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	report, err := s3copy.New(w.client, s3copy.Options{Margin: 200 * time.Millisecond}).Verify(ctx, source, w.to)
	if err != nil || report.Done || report.Equal() {
		t.Errorf("report = %+v, %v", report, err)
	}
}

func TestInventory(t *testing.T) {
	w := newWorld(t, objectstore.Hooks{})
	w.put(w.from, "a é", "body")
	w.upload(w.from, "large", &s3.CreateMultipartUploadInput{ContentType: aws.String("x/y"), Tagging: aws.String("a=b")}, text(5*mebibyte), "end")
	w.put(w.from.Sibling("-2"), "other", "not ours")
	inv, err := s3copy.New(w.client, s3copy.Options{}).Take(t.Context(), w.from)
	if err != nil {
		t.Fatal(err)
	}
	if len(inv.Objects) != 2 || inv.Bytes() != 4+5*mebibyte+3 {
		t.Fatalf("inventory = %+v", inv)
	}
	want := &s3copy.Head{ContentType: "x/y", Tags: []s3copy.Tag{{Key: "a", Value: "b"}}, FirstPart: 5 * mebibyte, Parts: 2}
	if diff := cmp.Diff(want, inv.Objects[1].Head); diff != "" || inv.Objects[0].Head != nil {
		t.Error(diff, inv.Objects[0].Head)
	}
	digest, err := inv.Write(t.Context(), w.client, w.bucket, "runs/r/inventory.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	got, same, err := s3copy.Read(t.Context(), w.client, w.bucket, "runs/r/inventory.json.gz")
	if diff := cmp.Diff(inv, got); err != nil || digest != same || diff != "" {
		t.Error(err, digest, same, diff)
	}
	w.copy(s3copy.Options{}, s3copy.Job{Source: got, Destination: w.to})
	w.equal(inv, w.to)
}

func TestParseObject(t *testing.T) {
	bucket, key, err := s3copy.ParseObject("s3://state/runs/r/i.json.gz")
	if err != nil || bucket != "state" || key != "runs/r/i.json.gz" {
		t.Error(bucket, key, err)
	}
	for _, bad := range []string{"", "state/key", "s3://", "s3://state", "s3://state/", "s3:///key", "s3://state/prefix/"} {
		if _, _, err := s3copy.ParseObject(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestChanges(t *testing.T) {
	before := s3copy.Inventory{Objects: []s3copy.Object{{Key: "a", Size: 1, ETag: "x"}, {Key: "b", Size: 1, ETag: "x"}, {Key: "c", Size: 1, ETag: "x"}}}
	after := s3copy.Inventory{Objects: []s3copy.Object{{Key: "a", Size: 1, ETag: "x"}, {Key: "b", Size: 1, ETag: "y"}, {Key: "d", Size: 1, ETag: "x"}}}
	var got []s3copy.Difference
	for d := range before.Changes(after) {
		got = append(got, d)
	}
	want := []s3copy.Difference{{Key: "b", Problem: "was replaced"}, {Key: "c", Problem: "is gone"}, {Key: "d", Problem: "was added"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for range before.Changes(after) {
		break
	}
}

func TestRemove(t *testing.T) {
	w := newWorld(t, objectstore.Hooks{})
	keys := []string{"a b+é", "c"}
	for _, at := range []s3uri.Prefix{w.from, w.to} {
		for _, key := range append(keys, "stays") {
			w.put(at, key, "x")
		}
	}
	for range 2 { // the second time they are gone already
		removed, done, err := s3copy.New(w.client, s3copy.Options{}).Remove(t.Context(), w.to, keys)
		if err != nil || !done || removed != 2 {
			t.Fatal(removed, done, err)
		}
	}
	if left := w.take(w.to).Objects; len(left) != 1 || left[0].Key != "stays" {
		t.Errorf("left: %v", left)
	}
	if left := w.take(w.from).Objects; len(left) != 3 {
		t.Errorf("left beside the prefix: %v", left)
	}
}

// refusing answers DeleteObjects with an error for single objects a number of times.
type refusing struct {
	*s3.Client
	code  string
	times int
	asked int
}

func (r *refusing) DeleteObjects(ctx context.Context, in *s3.DeleteObjectsInput, options ...func(*s3.Options)) (*s3.DeleteObjectsOutput, error) {
	r.asked++
	if len(in.Delete.Objects) > 1000 {
		return nil, fmt.Errorf("%d objects at once", len(in.Delete.Objects))
	}
	if r.times--; r.times >= 0 {
		return &s3.DeleteObjectsOutput{Errors: []types.Error{{Key: in.Delete.Objects[0].Key, Code: &r.code}}}, nil
	}
	return &s3.DeleteObjectsOutput{}, nil
}

func TestRemoveWithErrorsOfSingleObjects(t *testing.T) {
	at := s3uri.Prefix{Bucket: "b", Key: "p/"}
	keys := make([]string, 2001)
	for _, tt := range []struct {
		code  string
		fails bool
		asked int
	}{{"SlowDown", false, 4}, {"InternalError", false, 4}, {"AccessDenied", true, 1}} {
		t.Run(tt.code, func(t *testing.T) {
			client := &refusing{code: tt.code, times: 1}
			_, done, err := s3copy.New(client, s3copy.Options{}).Remove(t.Context(), at, keys)
			if (err != nil) != tt.fails || done == tt.fails || client.asked != tt.asked {
				t.Errorf("done %v, %v after %d calls", done, err, client.asked)
			}
			if tt.fails && !strings.Contains(err.Error(), "AccessDenied") {
				t.Errorf("error = %v", err)
			}
		})
	}
}

// Pages are asked for at once, at the keys where the inventory says that they begin.
func TestListingAtOnceMissesNothing(t *testing.T) {
	fault, calls := count()
	w := newWorld(t, objectstore.Hooks{Fault: fault})
	source := s3copy.Inventory{Prefix: w.from}
	for i := range 2500 {
		source.Objects = append(source.Objects, s3copy.Object{Key: fmt.Sprintf("%04d", i), Size: 1, ETag: "9dd4e461268c8034f5c8564e155c67a6"})
	}
	report, err := s3copy.New(w.client, s3copy.Options{}).Verify(t.Context(), source, w.to)
	if err != nil || len(report.Differences) != 2500 || calls("ListObjectsV2") != 3 {
		t.Fatalf("%d differences in an empty place after %d listings, %v", len(report.Differences), calls("ListObjectsV2"), err)
	}
	for _, key := range []string{"!", "0000", "0999", "0999+", "1000", "1999", "2000", "2499", "3000"} {
		w.put(w.to, key, "x")
	}
	report, err = s3copy.New(w.client, s3copy.Options{}).Verify(t.Context(), source, w.to)
	if diff := cmp.Diff([]string{"!", "0999+", "3000"}, report.Extra); diff != "" || err != nil || len(report.Differences) != 2500-6 {
		t.Errorf("%d differences, %v, %s", len(report.Differences), err, diff)
	}
}
