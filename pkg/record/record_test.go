package record_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/internal/s3test"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/record"
)

var store s3test.Store

func TestMain(m *testing.M) { os.Exit(store.Run(m)) }

const key = "runs/run-1/note.json"

type note struct {
	By string `json:"by"`
}

// newBucket returns the records of a bucket that meets faults.
func newBucket(t *testing.T, fault func(op, bucket, key string) objectstore.Fault) record.Bucket {
	t.Helper()
	_, config := store.Serve(t, objectstore.Hooks{Fault: fault})
	config.RetryMaxAttempts = 1
	return record.In(store.Bucket(t), s3.NewFromConfig(config))
}

// on gives each call of one kind the same fault.
func on(op string, f objectstore.Fault) func(string, string, string) objectstore.Fault {
	return func(called, _, _ string) objectstore.Fault {
		if called == op {
			return f
		}
		return objectstore.Fault{}
	}
}

func write(t *testing.T, b record.Bucket, by string) (etag string) {
	t.Helper()
	etag, err := b.Put(t.Context(), key, note{by})
	if err != nil {
		t.Fatal(err)
	}
	return etag
}

// holds fails the test unless the record is the given one, or, with "", is not there.
func holds(t *testing.T, b record.Bucket, by string) record.Version {
	t.Helper()
	var got note
	there, err := b.Read(t.Context(), key, &got)
	if err != nil || (there == record.Version{}) != (by == "") {
		t.Errorf("Read = %+v, %v", there, err)
	}
	if diff := cmp.Diff(note{by}, got); diff != "" {
		t.Error(diff)
	}
	return there
}

func TestConditionsDecideBetweenWriters(t *testing.T) {
	t.Parallel()
	create := func(t *testing.T, b record.Bucket, _ string) (bool, error) {
		return b.Create(t.Context(), key, note{"me"})
	}
	replace := func(t *testing.T, b record.Bucket, etag string) (bool, error) {
		return b.Replace(t.Context(), key, etag, note{"me"})
	}
	conflict := on("PutObject", objectstore.Fault{Refuse: &objectstore.Refusal{Status: http.StatusConflict, Code: "ConditionalRequestConflict"}})
	for _, tt := range []struct {
		name   string
		before func(*testing.T, record.Bucket) (etag string) // nil: there is nothing
		faults func(op, bucket, key string) objectstore.Fault
		write  func(*testing.T, record.Bucket, string) (bool, error)
		wrote  bool
		holds  string
	}{
		{name: "create", write: create, wrote: true, holds: "me"},
		{name: "create what is there", write: create, holds: "another",
			before: func(t *testing.T, b record.Bucket) string { return write(t, b, "another") }},
		{name: "create beside another writer", write: create, faults: conflict},
		{name: "replace", write: replace, wrote: true, holds: "me",
			before: func(t *testing.T, b record.Bucket) string { return write(t, b, "another") }},
		{name: "replace what has changed", write: replace, holds: "a third",
			before: func(t *testing.T, b record.Bucket) string {
				etag := write(t, b, "another")
				write(t, b, "a third")
				return etag
			}},
		{name: "replace what is gone", write: replace, before: func(*testing.T, record.Bucket) string { return `"0"` }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, etag := newBucket(t, tt.faults), ""
			if tt.before != nil {
				etag = tt.before(t, b)
			}
			if wrote, err := tt.write(t, b, etag); wrote != tt.wrote || err != nil {
				t.Errorf("wrote %v, %v; want %v", wrote, err, tt.wrote)
			}
			holds(t, b, tt.holds)
		})
	}
}

func TestSettleAgreesOnTheFirstWriter(t *testing.T) {
	t.Parallel()
	b := newBucket(t, nil)
	for _, by := range []string{"first", "second"} {
		mine := note{by}
		there, err := b.Settle(t.Context(), key, &mine)
		if err != nil || mine.By != "first" || there != holds(t, b, "first") {
			t.Errorf("%s: settled on %+v, %+v, %v", by, mine, there, err)
		}
	}
}

func TestSettleWaitsForAWriterUnderWay(t *testing.T) {
	t.Parallel()
	b := newBucket(t, on("PutObject", objectstore.Fault{Refuse: &objectstore.Refusal{Status: http.StatusConflict, Code: "ConditionalRequestConflict"}}))
	_, err := b.Settle(t.Context(), key, &note{"me"})
	if name, _ := fault.NameOf(err); name != fault.Unavailable || !strings.Contains(err.Error(), key) {
		t.Errorf("Settle = %v, want Unavailable that names the key", err)
	}
}

// A call whose answer was lost is its own rival.
func TestSettleAfterALostAnswer(t *testing.T) {
	t.Parallel()
	lost := 0
	b := newBucket(t, func(op, _, _ string) objectstore.Fault {
		if op != "PutObject" || lost > 0 {
			return objectstore.Fault{}
		}
		lost++
		return objectstore.Fault{LostAnswer: true}
	})
	if _, err := b.Settle(t.Context(), key, &note{"me"}); err == nil {
		t.Error("the answer was not lost")
	}
	again := note{"me, later"}
	if _, err := b.Settle(t.Context(), key, &again); err != nil || again.By != "me" {
		t.Errorf("settled on %+v, %v", again, err)
	}
}

func TestWrittenIsTheTimeOfTheStore(t *testing.T) {
	t.Parallel()
	b := newBucket(t, nil)
	before := time.Now().Truncate(time.Second)
	etag := write(t, b, "me")
	there := holds(t, b, "me")
	if there.ETag != etag || there.Written.Before(before) || there.Written.After(time.Now()) {
		t.Errorf("Version = %+v; written with ETag %s after %s", there, etag, before)
	}
}

func TestWhatIsNoRecordIsNotTakenForOne(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		faults func(op, bucket, key string) objectstore.Fault
		body   string
		says   string
	}{
		{"something else", nil, "<html>", "not what this project writes"},
		{"without end", nil, `{"by":"` + strings.Repeat("x", 9<<20) + `"}`, "not what this project writes"},
		{"no bucket", on("GetObject", objectstore.Fault{Refuse: &objectstore.Refusal{Status: http.StatusNotFound, Code: "NoSuchBucket"}}), "{}", "NoSuchBucket"},
		{"not found by somebody else than S3", on("GetObject", objectstore.Fault{Refuse: &objectstore.Refusal{Status: http.StatusNotFound, Code: "NotFound"}}), "{}", "NotFound"},
		{"not permitted", on("GetObject", objectstore.Fault{Refuse: &objectstore.Refusal{Status: http.StatusForbidden, Code: "AccessDenied"}}), "{}", "AccessDenied"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, config := store.Serve(t, objectstore.Hooks{Fault: tt.faults})
			bucket := store.Bucket(t)
			b := record.In(bucket, s3.NewFromConfig(config))
			_, err := store.Client(t.Context()).PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: aws.String(key), Body: strings.NewReader(tt.body)})
			if err != nil {
				t.Fatal(err)
			}
			there, err := b.Read(t.Context(), key, &note{})
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), bucket+"/"+key) {
				t.Errorf("Read = %+v, %v; want an error with %q that names the object", there, err, tt.says)
			}
		})
	}
}

func TestAWriteWithoutABucketFails(t *testing.T) {
	t.Parallel()
	_, config := store.Serve(t, objectstore.Hooks{})
	b := record.In("no-such-bucket", s3.NewFromConfig(config))
	if wrote, err := b.Replace(t.Context(), key, `"0"`, note{}); err == nil || !strings.Contains(err.Error(), "NoSuchBucket") {
		t.Errorf("Replace = %v, %v; want NoSuchBucket", wrote, err)
	}
	if wrote, err := b.Create(t.Context(), key, note{}); err == nil || !strings.Contains(err.Error(), "NoSuchBucket") {
		t.Errorf("Create = %v, %v; want NoSuchBucket", wrote, err)
	}
}
