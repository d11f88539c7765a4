package s3copy_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/bench/memory"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// flight counts what is under way on a server that moves nothing.
type flight struct {
	http.Handler
	now, most, connections atomic.Int64
	delay                  time.Duration
}

func (f *flight) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for now, most := f.now.Add(1), f.most.Load(); now > most && !f.most.CompareAndSwap(most, now); most = f.most.Load() {
	}
	defer f.now.Add(-1)
	time.Sleep(f.delay)
	f.Handler.ServeHTTP(w, r)
}

// fly starts such a server and puts n small objects.
func fly(tb testing.TB, n int) (*flight, *s3.Client, s3copy.Inventory) {
	tb.Helper()
	f := &flight{Handler: memory.New()}
	server := httptest.NewUnstartedServer(f)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			f.connections.Add(1)
		}
	}
	server.Start()
	tb.Cleanup(server.Close)
	client := s3copy.NewClient(aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		})}, 256)
	from := s3uri.Prefix{Bucket: "data", Key: "source/"}
	for i := range n {
		if _, err := client.PutObject(tb.Context(), &s3.PutObjectInput{Bucket: &from.Bucket, Key: aws.String(from.File(fmt.Sprintf("%05d", i))), Body: strings.NewReader("tile")}); err != nil {
			tb.Fatal(err)
		}
	}
	inv, err := s3copy.New(client, s3copy.Options{}).List(tb.Context(), from)
	if err != nil || len(inv.Objects) != n {
		tb.Fatal(len(inv.Objects), err)
	}
	return f, client, inv
}

func TestAsManyRequestsAreInFlightAsAllowedOverAsManyConnections(t *testing.T) {
	f, client, inv := fly(t, 600)
	f.delay, f.connections = 20*time.Millisecond, atomic.Int64{}
	result, err := s3copy.New(client, s3copy.Options{InFlight: 48, MaxInFlight: 48}).Copy(t.Context(), s3copy.Job{Source: inv, Destination: inv.Prefix.Sibling("-copy")})
	if err != nil || !result.Done {
		t.Fatal(result, err)
	}
	if most := f.most.Load(); most < 44 || most > 48 {
		t.Errorf("%d requests in flight at most, want 48", most)
	}
	if opened := f.connections.Load(); opened > 60 {
		t.Errorf("%d connections opened for 600 copies, 48 at once", opened)
	}
}

func TestMoreRequestsAreTriedWhileTheLatencyBearsIt(t *testing.T) {
	f, client, inv := fly(t, 1000)
	f.delay = 30 * time.Millisecond
	if _, err := s3copy.New(client, s3copy.Options{InFlight: 32, MaxInFlight: 256}).Copy(t.Context(), s3copy.Job{Source: inv, Destination: inv.Prefix.Sibling("-copy")}); err != nil {
		t.Fatal(err)
	}
	if most := f.most.Load(); most < 40 {
		t.Errorf("%d requests in flight at most, after a start with 32", most)
	}
}

func TestFailureStopsTheOthers(t *testing.T) {
	f, client, inv := fly(t, 300)
	var once sync.Once
	var after atomic.Int64
	stub := f.Handler
	f.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Copy-Source") != "" {
			once.Do(func() { w.WriteHeader(http.StatusForbidden) })
			after.Add(1)
		}
		stub.ServeHTTP(w, r)
	})
	f.delay = 5 * time.Millisecond
	_, err := s3copy.New(client, s3copy.Options{InFlight: 8, MaxInFlight: 8}).Copy(t.Context(), s3copy.Job{Source: inv, Destination: inv.Prefix.Sibling("-copy")})
	if err == nil || after.Load() > 40 {
		t.Errorf("error = %v after %d copies", err, after.Load())
	}
}

// BenchmarkCopy measures what one object costs the client (and this server) in processor time, without any delay.
func BenchmarkCopy(b *testing.B) {
	const n = 2000
	_, client, inv := fly(b, n)
	copier := s3copy.New(client, s3copy.Options{})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		result, err := copier.Copy(b.Context(), s3copy.Job{Source: inv, Destination: inv.Prefix.Sibling(fmt.Sprint("-", i))})
		if err != nil || !result.Done {
			b.Fatal(result, err)
		}
	}
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "objects/s")
}
