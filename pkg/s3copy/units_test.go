package s3copy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

func TestCopySource(t *testing.T) {
	from := s3uri.Prefix{Bucket: "data", Key: "regions/US/2021-08-12T21:42:38.860Z/"}
	for key, want := range map[string]string{
		"a+b c.json": "data/regions/US/2021-08-12T21%3A42%3A38.860Z/a%2Bb%20c.json",
		"é/x":        "data/regions/US/2021-08-12T21%3A42%3A38.860Z/%C3%A9/x",
		"50%":        "data/regions/US/2021-08-12T21%3A42%3A38.860Z/50%25",
	} {
		if got := *copySource(from, key); got != want {
			t.Errorf("copySource(%q) = %s, want %s", key, got, want)
		}
	}
}

func TestInParts(t *testing.T) {
	options := Options{LargeFrom: 100, MaxCopy: 1000}
	crc := Checksum{"CRC64NVME", "FULL_OBJECT"}
	tests := []struct {
		name   string
		object Object
		want   bool
	}{
		{"small, in one piece", Object{Size: 100, ETag: "e", Checksum: crc}, false},
		{"small, uploaded in parts", Object{Size: 1, ETag: "e-1"}, true},
		{"empty, uploaded in parts", Object{Size: 0, ETag: "e-1"}, false},
		{"large, with a checksum that can be compared", Object{Size: 101, ETag: "e", Checksum: crc}, true},
		{"large, without a checksum: only its ETag can be compared", Object{Size: 101, ETag: "e"}, false},
		{"large, with a checksum of the parts", Object{Size: 101, ETag: "e", Checksum: Checksum{"CRC32", "COMPOSITE"}}, false},
		{"large, with a checksum that parts cannot have", Object{Size: 101, ETag: "e", Checksum: Checksum{"SHA256", "FULL_OBJECT"}}, false},
		{"over S3's limit for one copy", Object{Size: 1001, ETag: "e"}, true},
	}
	for _, tt := range tests {
		if got := options.inParts(tt.object); got != tt.want {
			t.Errorf("%s: in parts = %v", tt.name, got)
		}
	}
}

func TestPartSize(t *testing.T) {
	const mebibyte = 1 << 20
	options := Options{PartSize: 16 * mebibyte}
	tests := []struct {
		name string
		size int64
		head Head
		want int64
	}{
		{"uploaded in one piece", 300 * mebibyte, Head{}, 16 * mebibyte},
		{"as the source", 300 * mebibyte, Head{FirstPart: 8 * mebibyte, Parts: 38}, 8 * mebibyte},
		{"as the source, a single part", 100, Head{FirstPart: 100, Parts: 1}, 100},
		{"source with parts of several sizes", 300 * mebibyte, Head{FirstPart: 8 * mebibyte, Parts: 30}, 16 * mebibyte},
		{"at most 10,000 parts", 300_000 * mebibyte, Head{}, 30 * mebibyte},
		{"at most 10,000 parts, rounded up", 300_001 * mebibyte, Head{}, 31 * mebibyte},
	}
	for _, tt := range tests {
		if got := options.partSize(Object{Size: tt.size}, tt.head); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestSpans(t *testing.T) {
	if diff := cmp.Diff([]span{{0, 5}, {5, 5}, {10, 2}}, spans(12, 5), cmp.AllowUnexported(span{})); diff != "" {
		t.Error(diff)
	}
	if got := *(span{5, 5}).header(12); got != "bytes=5-9" {
		t.Error(got)
	}
	if (span{0, 5}).header(5) != nil {
		t.Error("a range for all of the object")
	}
}

func TestNextLimit(t *testing.T) {
	ms := time.Millisecond
	tests := []struct {
		name       string
		limit      int
		mean, best time.Duration
		throttled  bool
		want       int
	}{
		{"60 ms allow 420, so grow", 128, 60 * ms, 60 * ms, false, 144},
		{"grow no further than S3's rate", 415, 60 * ms, 60 * ms, false, 420},
		{"30 ms need 210: stay", 220, 30 * ms, 30 * ms, false, 220},
		{"latency up: stay", 128, 121 * ms, 60 * ms, false, 128},
		{"latency far up: requests queue", 128, 241 * ms, 60 * ms, false, 112},
		{"latency far up: not too few", 66, 241 * ms, 60 * ms, false, 64},
		{"latency far up, few already", 10, 241 * ms, 60 * ms, false, 10},
		{"throttled before: carefully", 128, 60 * ms, 60 * ms, true, 130},
		{"the most", 500, time.Second, time.Second, false, 512},
	}
	for _, tt := range tests {
		if got := nextLimit(tt.limit, 512, tt.mean, tt.best, tt.throttled); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestPaceHalvesOnceForRequestsSentTogether(t *testing.T) {
	p := newPace(128, 512)
	for range 128 {
		if err := p.acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for range 128 {
		p.slowDown()
	}
	if p.limit != 64 {
		t.Errorf("limit = %d after the first flight", p.limit)
	}
	for range 128 {
		p.release()
	}
	for range 200 {
		p.slowDown()
	}
	if p.limit > 16 || p.limit < minInFlight {
		t.Errorf("limit = %d after many more", p.limit)
	}
}

func TestPaceGivesSlotsInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(1, 1)
		_ = p.acquire(t.Context())
		ctx, cancel := context.WithCancel(t.Context())
		var first, second error
		got := 0
		go func() { first = p.acquire(ctx) }()
		synctest.Wait()
		go func() { second = p.acquire(t.Context()); got++ }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		if first == nil || got != 0 {
			t.Fatalf("first = %v, second got %d slots while one was held", first, got)
		}
		p.release()
		synctest.Wait()
		if second != nil || got != 1 || p.inFlight != 1 {
			t.Errorf("second = %v, %d in flight", second, p.inFlight)
		}
	})
}

func TestSameBytes(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 600<<10)
	other := bytes.Clone(long)
	other[len(other)-1] = 'y'
	tests := []struct {
		name string
		a, b io.Reader
		want verdict
		err  error
	}{
		{"equal", bytes.NewReader(long), iotest.OneByteReader(bytes.NewReader(long)), equal, nil},
		{"last byte", bytes.NewReader(long), bytes.NewReader(other), different, nil},
		{"both cut off at the same place", bytes.NewReader(long[:9]), bytes.NewReader(long[:9]), unknown, io.ErrUnexpectedEOF},
		{"connection lost", bytes.NewReader(long), iotest.TimeoutReader(iotest.HalfReader(bytes.NewReader(long))), unknown, iotest.ErrTimeout},
	}
	for _, tt := range tests {
		got, err := sameBytes(tt.a, tt.b, int64(len(long)))
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: %v, %v", tt.name, got, err)
		}
	}
}

func TestJudge(t *testing.T) {
	crc, other := map[string]string{"CRC32": "a"}, map[string]string{"CRC32": "b"}
	one, two, split := Object{ETag: "1"}, Object{ETag: "2"}, Object{ETag: "1-2"}
	tests := []struct {
		name     string
		want, is Object
		sumWant  map[string]string
		sumIs    map[string]string
		opaque   bool
		verdict  verdict
	}{
		{"equal checksums", one, split, crc, crc, false, equal},
		{"checksums by different algorithms", one, split, crc, map[string]string{"SHA1": "a"}, false, unknown},
		{"different checksums", one, split, crc, other, false, unknown},
		{"different MD5s", one, two, nil, nil, false, different},
		{"ETags that are no MD5s", one, two, nil, nil, true, unknown},
		{"another layout of parts", one, split, nil, nil, false, unknown},
	}
	for _, tt := range tests {
		if got := judge(pair{want: tt.want, is: tt.is}, tt.sumWant, tt.sumIs, tt.opaque); got != tt.verdict {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.verdict)
		}
	}
}

// failing is S3 that refuses a copy a number of times, and has nothing else to say.
type failing struct {
	client
	code  string
	times int
}

func (f *failing) ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	return &s3.ListObjectsV2Output{}, nil
}

func (f *failing) CopyObject(context.Context, *s3.CopyObjectInput, ...func(*s3.Options)) (*s3.CopyObjectOutput, error) {
	if f.times--; f.times >= 0 {
		return nil, &smithy.GenericAPIError{Code: f.code}
	}
	return &s3.CopyObjectOutput{}, nil
}

func TestPatience(t *testing.T) {
	for _, tt := range []struct {
		code  string
		times int
		fails bool
	}{{"SlowDown", 100, false}, {"InternalError", maxFailures - 1, false}, {"InternalError", maxFailures, true}, {"AccessDenied", 1, true}} {
		synctest.Test(t, func(t *testing.T) {
			job := Job{Source: Inventory{Objects: []Object{{Key: "a", Size: 1, ETag: "e"}}}}
			result, err := New(&failing{code: tt.code, times: tt.times}, Options{}).Copy(t.Context(), job)
			if (err != nil) != tt.fails || result.Done == tt.fails {
				t.Errorf("%s %d times: %+v, %v", tt.code, tt.times, result, err)
			}
		})
	}
}
