package objectstore

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// writes counts what may change a bucket, in every request that reaches the gateway: when it begins, and when it has its answer.
type writes struct {
	*http.Transport
	counts sync.Map // of *atomic.Int64 by bucket
}

func (w *writes) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		bucket, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		n := w.of(bucket)
		n.Add(1)
		defer n.Add(1)
	}
	return w.Transport.RoundTrip(r)
}

func (w *writes) of(bucket string) *atomic.Int64 {
	n, _ := w.counts.LoadOrStore(bucket, new(atomic.Int64))
	return n.(*atomic.Int64)
}

// Writes returns a number that is another one whenever a bucket may have changed since: who looks on need not list it again.
func (s *Server) Writes(bucket string) int64 { return s.writes.of(bucket).Load() }
