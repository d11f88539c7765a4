package regiondb

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

func TestOtherDatabaseSeesHiddenRows(t *testing.T) {
	t.Parallel()
	db, conn := newDB(t)
	texas(t, conn)
	uris, err := otherDatabase{db}.uris(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"s3://bucket/TX/1/", "s3://bucket/TX/2"}, uris); diff != "" {
		t.Error(diff)
	}
}

func TestPublicList(t *testing.T) {
	t.Parallel()
	var answer http.HandlerFunc
	list := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r) }))
	defer list.Close()
	const one = `[{"s3URI":"s3://bucket/TX/1/"}]`
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, one) }))
	defer plain.Close()
	client := list.Client()
	client.CheckRedirect = secureOnly
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   []string
	}{
		{"a list", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, one) }, []string{"s3://bucket/TX/1/"}},
		{"an error", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			io.WriteString(w, one)
		}, nil},
		{"a redirect to http", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, plain.URL, http.StatusFound) }, nil},
		{"a list without end", func(w http.ResponseWriter, _ *http.Request) {
			for page := bytes.Repeat([]byte(" "), 1<<20); ; {
				if _, err := w.Write(page); err != nil {
					return
				}
			}
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer = tt.answer
			got, err := publicList{list.URL, client}.uris(t.Context())
			if diff := cmp.Diff(tt.want, got); diff != "" || (err == nil) != (tt.want != nil) {
				t.Error(diff, err)
			}
		})
	}
}

// TestPublicListIsAskedThroughTheEnvironment: no other transport trusts the server's certificate.
func TestPublicListIsAskedThroughTheEnvironment(t *testing.T) {
	t.Parallel()
	list := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `[{"s3URI":"s3://bucket/TX/1/"}]`)
	}))
	defer list.Close()
	others, err := newOthers(lambdarun.Env{HTTP: list.Client().Transport, Getenv: func(name string) string {
		return map[string]string{"OTHER_REGIONS_URL": list.URL}[name]
	}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := others.uris(t.Context())
	if diff := cmp.Diff([]string{"s3://bucket/TX/1/"}, got); diff != "" || err != nil || others.rows() != VisibleRows {
		t.Errorf("%s rows, %v\n%s", others.rows(), err, diff)
	}
}
