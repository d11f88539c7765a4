package s3copy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// shelf lists keys as S3 does.
type shelf struct {
	client
	mu     sync.Mutex
	keys   []string // in order, as in the bucket
	page   int      // keys listed at once
	delay  time.Duration
	asked  int
	before func()                           // each request, with mu held
	hint   func([]types.CommonPrefix) error // may spoil what is said of folders
}

func (s *shelf) ListObjectsV2(_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	time.Sleep(s.delay)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.before != nil {
		s.before()
	}
	after := max(aws.ToString(in.StartAfter), aws.ToString(in.ContinuationToken))
	out := &s3.ListObjectsV2Output{IsTruncated: aws.Bool(false)}
	n, folder := 0, ""
	for _, key := range s.keys {
		rest, below := strings.CutPrefix(key, *in.Prefix)
		if !below || key <= after || folder != "" && strings.HasPrefix(key, folder) {
			continue
		}
		if n == s.page {
			out.IsTruncated = aws.Bool(true)
			break
		}
		n++
		if name, _, found := strings.Cut(rest, "/"); in.Delimiter != nil && found {
			folder = *in.Prefix + name + "/"
			out.CommonPrefixes = append(out.CommonPrefixes, types.CommonPrefix{Prefix: aws.String(folder)})
			continue
		}
		out.Contents = append(out.Contents, types.Object{Key: aws.String(key), ETag: aws.String(`"e"`), Size: aws.Int64(1)})
		out.NextContinuationToken = aws.String(key)
	}
	if in.Delimiter != nil && s.hint != nil {
		return out, s.hint(out.CommonPrefixes)
	}
	return out, nil
}

var shelved = s3uri.Prefix{Bucket: "b", Key: "regions/US/1/"}

// listed returns the keys that are listed, which must rise.
func (s *shelf) listed(t *testing.T) []string {
	t.Helper()
	inv, err := New(s, Options{InFlight: 16}).List(t.Context(), shelved)
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{}
	for _, o := range inv.Objects {
		if n := len(keys); n > 0 && keys[n-1] >= o.Key {
			t.Fatalf("%q is listed after %q", o.Key, keys[n-1])
		}
		keys = append(keys, o.Key)
	}
	return keys
}

// names are parts of keys that sort and encode in unlike ways. "" makes "a//b", and a key that ends in "/" or is the prefix itself.
var names = []string{"", "a", "b", "a b", "a+b", "a%2Fb", "!", "~", "-", ".", "0", "00", "9", "10", "Z", "é", "e\u0301", "日本", "\U0001d11e", "\uffff", "\x7f", "tiles"}

func someKeys(dice *rand.Rand) []string {
	keys := []string{}
	for range dice.IntN(400) {
		parts := make([]string, 1+dice.IntN(5))
		for i := range parts {
			parts[i] = names[dice.IntN(len(names))]
		}
		keys = append(keys, strings.Join(parts, "/"))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func below(keys []string) []string {
	all := []string{"regions/US/1", "regions/US/10/a", "regions/US/2/a"} // beside the prefix
	for _, key := range keys {
		all = append(all, shelved.File(key))
	}
	slices.Sort(all)
	return all
}

func TestListingIsThatOfOnePageAfterAnother(t *testing.T) {
	for seed := range uint64(200) {
		dice := rand.New(rand.NewPCG(seed, 1))
		want := someKeys(dice)
		s := &shelf{keys: below(want), page: 1 + dice.IntN(30)}
		switch seed % 3 {
		case 1: // S3 does not say which folders there are
			s.hint = func([]types.CommonPrefix) error { return errors.New("no") }
		case 2: // or something else
			s.hint = func(folders []types.CommonPrefix) error {
				for i := range folders {
					folders[i].Prefix = aws.String([]string{"", "regions/", "regions/US/1/zz", "regions/US/1/a/", "zz"}[dice.IntN(5)])
				}
				return nil
			}
		}
		if diff := cmp.Diff(want, s.listed(t)); diff != "" {
			t.Fatalf("seed %d, pages of %d: %s", seed, s.page, diff)
		}
	}
}

// The keys that are expected to be there need not be those that are there.
func TestRangesJoinWhereverTheyAreCut(t *testing.T) {
	for seed := range uint64(100) {
		dice := rand.New(rand.NewPCG(seed, 3))
		want, starts := someKeys(dice), someKeys(dice)
		for i := range starts {
			starts[i] = shelved.File(starts[i])
		}
		s := &shelf{keys: below(want), page: 1 + dice.IntN(30)}
		c := New(s, Options{InFlight: 16})
		got, err := c.session(t.Context()).listRanges(shelved, keyRange{}.cut(starts))
		keys := []string{}
		for _, o := range got {
			keys = append(keys, o.Key)
		}
		if diff := cmp.Diff(want, keys); diff != "" || err != nil {
			t.Fatalf("seed %d, pages of %d, cut after %q: %v, %s", seed, s.page, starts, err, diff)
		}
	}
}

func TestListingWhileKeysComeAndGo(t *testing.T) {
	for seed := range uint64(100) {
		dice := rand.New(rand.NewPCG(seed, 2))
		stay, others := someKeys(dice), someKeys(dice)
		others = slices.DeleteFunc(others, func(key string) bool { return slices.Contains(stay, key) })
		s := &shelf{page: 1 + dice.IntN(30)}
		s.before = func() {
			now := slices.Clone(stay)
			for _, key := range others {
				if dice.IntN(2) == 0 {
					now = append(now, key)
				}
			}
			s.keys = below(now)
		}
		listed := s.listed(t)
		for _, key := range stay {
			if _, found := slices.BinarySearch(listed, key); !found {
				t.Fatalf("seed %d, pages of %d: %q was there all the time and is not listed", seed, s.page, key)
			}
		}
		for _, key := range listed {
			if !slices.Contains(stay, key) && !slices.Contains(others, key) {
				t.Fatalf("seed %d: %q was never there", seed, key)
			}
		}
	}
}

// pyramid are the keys of a region: files, and the tiles of some zoom levels.
func pyramid(zooms ...int) []string {
	keys := []string{"static-metadata.json", "topo.buf", "topo.json"}
	for _, zoom := range zooms {
		side := 1 << (zoom - 6)
		for i := range side * side {
			keys = append(keys, fmt.Sprintf("tiles/%d/%d/%d.pbf", zoom, 1000+i/side, 1000+i%side))
		}
	}
	slices.Sort(keys)
	return keys
}

func TestLongListingTakesFewRounds(t *testing.T) {
	flat := make([]string, 5000)
	for i := range flat {
		flat[i] = fmt.Sprintf("%05d", i)
	}
	tests := []struct {
		name             string
		keys             []string
		pages            int // that a plain listing has
		rounds, requests int // at most
	}{
		{"one page", pyramid(10), 1, 1, 1},
		{"4,099 in a folder of folders", pyramid(12), 5, 3, 12},
		{"21,000 in three zoom levels", pyramid(11, 12, 13), 22, 7, 60},
		{"no folders", flat, 5, 5, 6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, began := &shelf{keys: below(tt.keys), page: pageSize, delay: 30 * time.Millisecond}, time.Now()
				if diff := cmp.Diff(tt.keys, s.listed(t)); diff != "" {
					t.Fatal(diff)
				}
				rounds := int(time.Since(began) / s.delay)
				t.Logf("%d keys in %d rounds, %d requests; a page after another %d", len(tt.keys), rounds, s.asked, tt.pages)
				if pages := (len(tt.keys) + pageSize - 1) / pageSize; rounds > tt.rounds || s.asked > tt.requests || pages != tt.pages {
					t.Errorf("%d rounds, %d requests, %d pages; want at most %d and %d, and %d", rounds, s.asked, pages, tt.rounds, tt.requests, tt.pages)
				}
			})
		})
	}
}

// S3 may answer with a page that has no keys and is not the last.
func TestPageWithoutKeys(t *testing.T) {
	asked := 0
	s := &pages{answer: func(in *s3.ListObjectsV2Input) *s3.ListObjectsV2Output {
		if asked++; in.ContinuationToken == nil {
			return &s3.ListObjectsV2Output{IsTruncated: aws.Bool(true), NextContinuationToken: aws.String("more")}
		}
		return &s3.ListObjectsV2Output{Contents: []types.Object{{Key: aws.String(shelved.File("a"))}}}
	}}
	inv, err := New(s, Options{}).List(t.Context(), shelved)
	if err != nil || len(inv.Objects) != 1 || asked != 2 {
		t.Errorf("%+v, %v after %d requests", inv, err, asked)
	}
	if empty, err := New(s, Options{}).Empty(t.Context(), shelved); empty || err != nil {
		t.Errorf("empty %t, %v, of a prefix with a key on its second page", empty, err)
	}
}

// Each of these servers would be listed for ever.
func TestAServerThatDoesNotGoOnIsAnError(t *testing.T) {
	page := func(token string, names ...string) *s3.ListObjectsV2Output {
		out := &s3.ListObjectsV2Output{IsTruncated: aws.Bool(true), NextContinuationToken: orNil(token)}
		for _, name := range names {
			out.Contents = append(out.Contents, types.Object{Key: aws.String(shelved.File(name))})
		}
		return out
	}
	tests := []struct {
		name, says string
		answer     func(*s3.ListObjectsV2Input) *s3.ListObjectsV2Output
	}{
		{"it ignores start-after", `lists "regions/US/1/a" where only keys after "regions/US/1/b" may come`,
			func(*s3.ListObjectsV2Input) *s3.ListObjectsV2Output { return page("t", "a", "b") }},
		{"it begins with the key itself", `lists "regions/US/1/b" where only keys after "regions/US/1/b" may come`,
			func(*s3.ListObjectsV2Input) *s3.ListObjectsV2Output { return page("t", "b") }},
		{"its order is another", `lists "regions/US/1/B" where only keys after "regions/US/1/a" may come`,
			func(*s3.ListObjectsV2Input) *s3.ListObjectsV2Output { return page("t", "a", "B", "c") }},
		{"the same token again", `goes on at the token "t", where it was`,
			func(*s3.ListObjectsV2Input) *s3.ListObjectsV2Output { return page("t") }},
		{"no token", `goes on at the token "", where it was`,
			func(*s3.ListObjectsV2Input) *s3.ListObjectsV2Output { return page("") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var asked atomic.Int64
			s := &pages{answer: func(in *s3.ListObjectsV2Input) *s3.ListObjectsV2Output {
				if asked.Add(1) > 9 {
					t.Error("it is asked again and again")
					return &s3.ListObjectsV2Output{}
				}
				return tt.answer(in)
			}}
			_, err := New(s, Options{}).List(t.Context(), shelved)
			if err == nil || !strings.HasPrefix(err.Error(), "list s3://b/regions/US/1/: the server's fault: ") || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want the server's fault and %q", err, tt.says)
			}
		})
	}
}

// uploads is S3 that lists the same unfinished uploads whatever it is asked for.
type uploads struct {
	client
	asked int
	next  func(*s3.ListMultipartUploadsInput) (key, upload string)
}

func (u *uploads) ListMultipartUploads(_ context.Context, in *s3.ListMultipartUploadsInput, _ ...func(*s3.Options)) (*s3.ListMultipartUploadsOutput, error) {
	if u.asked++; u.asked > 5 {
		return &s3.ListMultipartUploadsOutput{}, nil
	}
	key, upload := u.next(in)
	return &s3.ListMultipartUploadsOutput{IsTruncated: aws.Bool(true), NextKeyMarker: &key, NextUploadIdMarker: &upload}, nil
}

func TestAServerThatListsTheSameUploadsAgainIsAnError(t *testing.T) {
	tests := []struct {
		name, says string
		next       func(*s3.ListMultipartUploadsInput) (key, upload string)
	}{
		{"it ignores the markers", `more after {"k" "2"}, but goes on at {"k" "2"}`, func(*s3.ListMultipartUploadsInput) (string, string) { return "k", "2" }},
		{"it goes back", `more after {"k" "2"}, but goes on at {"j" "3"}`, func(in *s3.ListMultipartUploadsInput) (string, string) {
			if in.KeyMarker != nil {
				return "j", "3"
			}
			return "k", "2"
		}},
		{"it gives no markers", `more after {"" ""}, but goes on at {"" ""}`, func(*s3.ListMultipartUploadsInput) (string, string) { return "", "" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &uploads{next: tt.next}
			job := Job{Source: Inventory{Prefix: shelved, Objects: []Object{{Key: "a", ETag: "e-2", Size: 1}}}, Destination: shelved.Sibling("-backup")}
			c := New(s, Options{})
			err := (&transfer{session: c.session(t.Context()), job: job}).abandon()
			if err == nil || !strings.Contains(err.Error(), "the server's fault: ") || !strings.Contains(err.Error(), tt.says) || s.asked > 2 {
				t.Errorf("error %v after %d requests, want %q", err, s.asked, tt.says)
			}
		})
	}
	t.Run("several uploads of one key", func(t *testing.T) {
		s := &uploads{}
		s.next = func(*s3.ListMultipartUploadsInput) (string, string) { return "k", string(rune('0' + s.asked)) }
		job := Job{Source: Inventory{Prefix: shelved, Objects: []Object{{Key: "a", ETag: "e-2", Size: 1}}}, Destination: shelved.Sibling("-backup")}
		c := New(s, Options{})
		if err := (&transfer{session: c.session(t.Context()), job: job}).abandon(); err != nil || s.asked != 6 {
			t.Errorf("error %v after %d requests, want all 6 pages", err, s.asked)
		}
	})
}

// pages is S3 that can list, and nothing else.
type pages struct {
	client
	answer func(*s3.ListObjectsV2Input) *s3.ListObjectsV2Output
}

func (p *pages) ListObjectsV2(_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	return p.answer(in), nil
}
