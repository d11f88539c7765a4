package memory_test

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/bench/memory"
)

// asked is a listing's answer: keys, and common prefixes, which end in "/".
type asked struct {
	Contents              []struct{ Key string }
	CommonPrefixes        []struct{ Prefix string }
	IsTruncated           bool
	NextContinuationToken string
}

func TestListing(t *testing.T) {
	server := memory.New()
	serve := func(method, target string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, target, nil))
		return w
	}
	for _, key := range []string{"a", "p/a", "p/b/1", "p/b/2", "p/b/c/3", "p/c", "p/d/1", "p/e", "q"} {
		serve(http.MethodPut, "/bucket/"+key)
	}
	tests := []struct {
		query string
		want  string
	}{
		{"prefix=p/", "p/a p/b/1 p/b/2 p/b/c/3 p/c p/d/1 p/e"},
		{"prefix=p/&start-after=p/b/2", "p/b/c/3 p/c p/d/1 p/e"},
		{"prefix=p/&start-after=a", "p/a p/b/1 p/b/2 p/b/c/3 p/c p/d/1 p/e"},
		{"prefix=p/&start-after=p/f", ""},
		{"prefix=p/&delimiter=/", "p/a p/b/ p/c p/d/ p/e"},
		{"prefix=p/&delimiter=/&start-after=p/b/1", "p/b/ p/c p/d/ p/e"},
		{"prefix=p/b/&delimiter=/&start-after=p/b/1", "p/b/2 p/b/c/"},
		{"prefix=p/b/&delimiter=/&start-after=p/c", ""},
	}
	for _, tt := range tests {
		for _, size := range []string{"1", "2", "3", "1000"} {
			var got []string
			token := ""
			for more := true; more; {
				var page asked
				body := serve(http.MethodGet, "/bucket?list-type=2&max-keys="+size+"&"+tt.query+token).Body.Bytes()
				if err := xml.Unmarshal(body, &page); err != nil {
					t.Fatal(err)
				}
				var entries []string
				for _, o := range page.Contents {
					entries = append(entries, o.Key)
				}
				for _, p := range page.CommonPrefixes {
					entries = append(entries, p.Prefix)
				}
				got = append(got, entries...)
				more, token = page.IsTruncated, "&continuation-token="+url.QueryEscape(page.NextContinuationToken)
				if len(got) > 20 {
					t.Fatalf("%s, pages of %s: no end", tt.query, size)
				}
			}
			if diff := cmp.Diff(sorted(tt.want), sorted(strings.Join(got, " "))); diff != "" {
				t.Errorf("%s, pages of %s: %s", tt.query, size, diff)
			}
		}
	}
}

func sorted(words string) []string {
	all := strings.Fields(words)
	slices.Sort(all)
	return all
}
