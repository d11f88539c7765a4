package application

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/publicmapping/districtbuilder-ops/internal/certificate"
	"github.com/publicmapping/districtbuilder-ops/internal/postgres"
)

var version = time.Date(2021, 8, 12, 21, 42, 38, 860e6, time.FixedZone("", -4*3600))

// database holds a live row, a hidden one, an archived one, one that is both, and another live one, which comes first by name.
func database(t *testing.T) *pgxpool.Pool {
	t.Helper()
	server, err := postgres.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	made, err := server.CreateDatabase(t.Context(), "application")
	if err != nil {
		t.Fatal(err)
	}
	db, err := pgxpool.New(t.Context(), made.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := postgres.ApplySchema(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	for _, r := range []postgres.Region{
		{Name: "Texas", RegionCode: "TX", ID: "00000000-0000-4000-8000-000000000001"},
		{Name: "Texas (new)", RegionCode: "TX", Hidden: true},
		{Name: "Texas (old)", RegionCode: "TX", Archived: true},
		{Name: "Texas (never)", RegionCode: "TX", Hidden: true, Archived: true},
		{Name: "Delaware", RegionCode: "DE", ID: "00000000-0000-4000-8000-000000000002"},
	} {
		r.CountryCode, r.Version, r.URI = "US", version, "s3://bucket/"+r.Name+"/"
		if _, err := postgres.InsertRegion(t.Context(), db, r); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// object is how the list shows a row.
func object(n, name, code string) map[string]any {
	return map[string]any{
		"id": "00000000-0000-4000-8000-00000000000" + n, "name": name, "countryCode": "US", "regionCode": code, "s3URI": "s3://bucket/" + name + "/",
		"version": "2021-08-13T01:42:38.860Z", "chambers": []any{},
	}
}

func start(t *testing.T, host string, id certificate.Identity, db Database) *Server {
	t.Helper()
	config, err := id.Config()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Start(host, config, db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func identity(t *testing.T, names ...string) certificate.Identity {
	t.Helper()
	id, err := certificate.New(names...)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestListOfRegions(t *testing.T) {
	t.Parallel()
	db := database(t)
	id := identity(t, "staging.example.org")
	client := &http.Client{Transport: Transport(id.Roots(), start(t, "staging.example.org", id, db))}
	byName := []any{object("2", "Delaware", "DE"), object("1", "Texas", "TX")}
	for _, tt := range []struct {
		name, method, path string
		status             int
		want               any
	}{
		{"visible regions by name", http.MethodGet, "/api/region-configs?sort=name,ASC", http.StatusOK, byName},
		{"in an order that is not ours", http.MethodGet, "/api/region-configs?sort=name,DESC", http.StatusBadRequest,
			map[string]any{"statusCode": 400.0, "message": "the sandbox sorts by name,ASC only"}},
		{"something else", http.MethodGet, "/api/projects", http.StatusNotFound, map[string]any{"statusCode": 404.0, "message": "Cannot GET /api/projects"}},
		{"a change", http.MethodPost, "/api/region-configs", http.StatusNotFound, map[string]any{"statusCode": 404.0, "message": "Cannot POST /api/region-configs"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, got := ask(t, client, tt.method, "https://staging.example.org"+tt.path)
			if diff := cmp.Diff(tt.want, got); diff != "" || status != tt.status {
				t.Errorf("status %d\n%s", status, diff)
			}
		})
	}
	t.Run("without an order", func(t *testing.T) {
		status, got := ask(t, client, http.MethodGet, "https://staging.example.org/api/region-configs")
		if list, ok := got.([]any); !ok || status != http.StatusOK || len(list) != len(byName) {
			t.Errorf("status %d: %v", status, got)
		}
	})
	t.Run("when the database is gone", func(t *testing.T) {
		db.Close()
		status, got := ask(t, client, http.MethodGet, "https://staging.example.org/api/region-configs")
		if status != http.StatusInternalServerError {
			t.Errorf("status %d: %v", status, got)
		}
	})
}

func ask(t *testing.T, client *http.Client, method, url string) (status int, body any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &body); err != nil || response.Header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Fatalf("%s: %v", text, err)
	}
	return response.StatusCode, body
}

func TestWhoIsReached(t *testing.T) {
	t.Parallel()
	id, other := identity(t, "staging.example.org", "production.example.org"), identity(t, "staging.example.org")
	staging, production := start(t, "staging.example.org", id, nil), start(t, "production.example.org", id, nil)
	misnamed := start(t, "www.example.org", id, nil)
	internet := Transport(id.Roots(), staging, production, misnamed)
	for _, tt := range []struct {
		name, url string
		transport *http.Transport
		fails     any
	}{
		{"one", "https://staging.example.org/", internet, nil},
		{"the other", "https://production.example.org/", internet, nil},
		{"a host that there is not", "https://example.org/", internet, new(*net.DNSError)},
		{"a port that nobody listens at", "https://staging.example.org:8443/", internet, new(*net.DNSError)},
		{"no TLS", "http://staging.example.org/", internet, new(*net.DNSError)},
		{"a server whose certificate is another's", "https://www.example.org/", internet, new(x509.HostnameError)},
		{"an authority that is not trusted", "https://staging.example.org/", Transport(other.Roots(), staging), new(x509.UnknownAuthorityError)},
		{"an internet without servers", "https://staging.example.org/", Transport(id.Roots()), new(*net.DNSError)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, tt.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := (&http.Client{Transport: tt.transport}).Do(request)
			if err == nil {
				response.Body.Close()
			}
			if tt.fails == nil && err != nil || tt.fails != nil && !errors.As(err, tt.fails) {
				t.Errorf("GET: %v; want %T", err, tt.fails)
			}
		})
	}
}
