package s3copy_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// parts copies objects over 6 MiB in parts of 5 MiB.
var parts = s3copy.Options{LargeFrom: 6 * mebibyte, PartSize: 5 * mebibyte}

// count counts the calls of each API.
func count() (func(op, bucket, key string) objectstore.Fault, func(op string) int) {
	var mu sync.Mutex
	calls := map[string]int{}
	return func(op, _, _ string) objectstore.Fault {
			mu.Lock()
			defer mu.Unlock()
			calls[op]++
			return objectstore.Fault{}
		}, func(op string) int {
			mu.Lock()
			defer mu.Unlock()
			return calls[op]
		}
}

func (w *world) copy(o s3copy.Options, job s3copy.Job) s3copy.Result {
	w.Helper()
	result, err := s3copy.New(w.client, o).Copy(w.Context(), job)
	if err != nil {
		w.Fatal(err)
	}
	return result
}

// belongings are what an object carries beside its content.
type belongings struct {
	Type, Encoding, Disposition, Language, Cache, Expires string
	Metadata                                              map[string]string
	Tags                                                  []types.Tag
}

func (w *world) belongings(at s3uri.Prefix, key string) belongings {
	w.Helper()
	h, err := w.direct.HeadObject(w.Context(), &s3.HeadObjectInput{Bucket: &at.Bucket, Key: aws.String(at.File(key))})
	if err != nil {
		w.Fatal(err)
	}
	tags, err := w.direct.GetObjectTagging(w.Context(), &s3.GetObjectTaggingInput{Bucket: &at.Bucket, Key: aws.String(at.File(key))})
	if err != nil {
		w.Fatal(err)
	}
	slices.SortFunc(tags.TagSet, func(a, b types.Tag) int { return strings.Compare(*a.Key, *b.Key) })
	return belongings{aws.ToString(h.ContentType), aws.ToString(h.ContentEncoding), aws.ToString(h.ContentDisposition), aws.ToString(h.ContentLanguage),
		aws.ToString(h.CacheControl), aws.ToString(h.ExpiresString), h.Metadata, tags.TagSet}
}

func TestHeadersMetadataAndTagsSurviveThereAndBack(t *testing.T) {
	w := newWorld(t, objectstore.Hooks{})
	expires := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	metadata, tagging := map[string]string{"origin": "census 2020"}, aws.String("team=maps%20%2F%20data&state=TX%2B1")
	put := func(key, body string) {
		w.putWith(w.from, key, body, &s3.PutObjectInput{ContentType: aws.String("application/x-topo"), ContentEncoding: aws.String("gzip"),
			ContentDisposition: aws.String("inline"), ContentLanguage: aws.String("en"), CacheControl: aws.String("max-age=60"), Expires: &expires, Metadata: metadata, Tagging: tagging})
	}
	put("small.json", "small")
	put("one-piece.json", text(12*mebibyte))
	w.upload(w.from, "in-parts.json", &s3.CreateMultipartUploadInput{ContentType: aws.String("application/x-topo"), ContentEncoding: aws.String("gzip"),
		ContentDisposition: aws.String("inline"), ContentLanguage: aws.String("en"), CacheControl: aws.String("max-age=60"), Expires: &expires, Metadata: metadata, Tagging: tagging},
		text(5*mebibyte), text(5*mebibyte), "the end")
	source := w.take(w.from)
	back := w.from.Sibling("-restored")
	w.copy(parts, s3copy.Job{Source: source, Destination: w.to})
	w.copy(parts, s3copy.Job{Source: w.take(w.to), Destination: back})
	for _, key := range []string{"small.json", "one-piece.json", "in-parts.json"} {
		t.Run(key, func(t *testing.T) {
			want := belongings{"application/x-topo", "gzip", "inline", "en", "max-age=60", "Wed, 02 Jan 2030 03:04:05 GMT", metadata,
				[]types.Tag{{Key: aws.String("state"), Value: aws.String("TX+1")}, {Key: aws.String("team"), Value: aws.String("maps / data")}}}
			for _, at := range []s3uri.Prefix{w.from, w.to, back} {
				if diff := cmp.Diff(want, w.belongings(at, key), cmpopts.IgnoreUnexported(types.Tag{})); diff != "" {
					t.Errorf("%s:\n%s", at, diff)
				}
			}
		})
	}
	w.equal(source, w.to)
	w.equal(source, back)
	if etag := source.ByKey()["in-parts.json"].ETag; w.take(back).ByKey()["in-parts.json"].ETag != etag {
		t.Error("the object in parts has another ETag after the copies, so the sizes of its parts were not kept")
	}
}

func TestKeysWithUnusualCharacters(t *testing.T) {
	w := newWorld(t, objectstore.Hooks{})
	for _, key := range []string{"a b.json", "a+b.json", "a%2Bb.json", "é/ü.json", "12:30:00.buf", "st*r'(1)!~=,;@$#&?.txt"} {
		w.put(w.from, key, "small "+key)
		w.upload(w.from, "large "+key, &s3.CreateMultipartUploadInput{}, text(5*mebibyte), key)
	}
	source := w.take(w.from)
	if result := w.copy(parts, s3copy.Job{Source: source, Destination: w.to}); !result.Done || result.Copied != 12 {
		t.Errorf("result = %+v", result)
	}
	w.equal(source, w.to)
	if got := string(w.body(w.to, "a+b.json")); got != "small a+b.json" {
		t.Errorf("a+b.json holds %q", got)
	}
}

func TestRepeatedCallCopiesOnlyWhatIsMissing(t *testing.T) {
	fault, calls := count()
	w := newWorld(t, objectstore.Hooks{Fault: fault})
	for _, key := range []string{"a", "b", "c"} {
		w.put(w.from, key, "body "+key)
	}
	w.put(w.from, "one-piece", text(12*mebibyte))
	w.upload(w.from, "in-parts", &s3.CreateMultipartUploadInput{}, text(5*mebibyte), "end")
	job := s3copy.Job{Source: w.take(w.from), Destination: w.to}
	w.copy(parts, job)
	w.put(w.to, "b", "BODY b") // as long, another content
	before := calls("CopyObject") + calls("CreateMultipartUpload")
	again := w.copy(parts, job)
	if n := calls("CopyObject") + calls("CreateMultipartUpload") - before; n != 1 || again.Copied != 1 || !again.Done {
		t.Errorf("%d objects were copied again, want 1: %+v", n, again)
	}
	w.equal(job.Source, w.to)
}

func TestSinceDistrustsWhatWasThereBefore(t *testing.T) {
	w := newWorld(t, objectstore.Hooks{})
	w.putWith(w.from, "a", "same", &s3.PutObjectInput{ContentEncoding: aws.String("gzip")})
	w.put(w.to, "a", "same") // without the header
	result := w.copy(s3copy.Options{}, s3copy.Job{Source: w.take(w.from), Destination: w.to, Since: time.Now().Add(time.Second)})
	if result.Copied != 1 || w.belongings(w.to, "a").Encoding != "gzip" {
		t.Errorf("result = %+v, encoding = %q", result, w.belongings(w.to, "a").Encoding)
	}
}

func TestPresentSpares(t *testing.T) {
	w := newWorld(t, objectstore.Hooks{})
	w.put(w.from, "a", "new")
	w.put(w.to, "a", "old")
	result := w.copy(s3copy.Options{}, s3copy.Job{Source: w.take(w.from), Destination: w.to, Present: func(_, _ s3copy.Object) bool { return true }})
	if result.Copied != 0 || !result.Done || string(w.body(w.to, "a")) != "old" {
		t.Errorf("result = %+v", result)
	}
}

func TestSourceChanged(t *testing.T) {
	tests := []struct {
		name, op, key string
		change        func(*world)
		gone          bool
	}{
		{"small object replaced", "CopyObject", "small", func(w *world) { w.put(w.from, "small", "SMALL") }, false},
		{"small object removed", "CopyObject", "small", func(w *world) { w.remove(w.from, "small") }, true},
		{"large object replaced between its parts", "UploadPartCopy", "large", func(w *world) { w.put(w.from, "large", text(12*mebibyte)+"!") }, false},
		{"large object replaced before it is described", "HeadObject", "large", func(w *world) { w.put(w.from, "large", text(12*mebibyte)+"!") }, false},
		{"large object removed", "HeadObject", "large", func(w *world) { w.remove(w.from, "large") }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, objectstore.Hooks{})
			var once sync.Once
			w.front.SetHooks(objectstore.Hooks{Fault: func(op, _, _ string) objectstore.Fault {
				if op != tt.op {
					return objectstore.Fault{}
				}
				return objectstore.Fault{Before: func() { once.Do(func() { tt.change(w) }) }}
			}})
			w.put(w.from, "small", "small")
			w.upload(w.from, "large", &s3.CreateMultipartUploadInput{}, text(5*mebibyte), text(5*mebibyte), "end")
			_, err := s3copy.New(w.client, parts).Copy(t.Context(), s3copy.Job{Source: w.take(w.from), Destination: w.to})
			var changed *s3copy.SourceChangedError
			if !errors.As(err, &changed) || changed.Key != tt.key || changed.Gone != tt.gone {
				t.Fatalf("error = %v, want a SourceChangedError for %s", err, tt.key)
			}
			if left := w.uploads(); len(left) > 0 {
				t.Errorf("uploads left: %q", left)
			}
		})
	}
}

func (w *world) remove(at s3uri.Prefix, key string) {
	w.Helper()
	if _, err := w.direct.DeleteObject(context.WithoutCancel(w.Context()), &s3.DeleteObjectInput{Bucket: &at.Bucket, Key: aws.String(at.File(key))}); err != nil {
		w.Error(err)
	}
}

func TestOver5GBIsCopiedInParts(t *testing.T) {
	fault, calls := count()
	w := newWorld(t, objectstore.Hooks{Fault: fault})
	w.put(w.from, "input.geojson", text(11*mebibyte))
	source := w.take(w.from)
	source.Objects[0].Checksum = s3copy.Checksum{} // uploaded before S3 kept checksums by itself
	w.copy(s3copy.Options{MaxCopy: 10 * mebibyte, PartSize: 5 * mebibyte}, s3copy.Job{Source: source, Destination: w.to})
	if calls("CopyObject") != 0 || calls("UploadPartCopy") != 3 {
		t.Errorf("%d CopyObject, %d UploadPartCopy; want 0 and 3", calls("CopyObject"), calls("UploadPartCopy"))
	}
	w.equal(source, w.to)
}
