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
	buckets sync.Map // of *writing by bucket
}

// writing is what may change one bucket.
type writing struct {
	count  atomic.Int64
	atWork sync.RWMutex // held for reading by each request
}

func (w *writes) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		bucket, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		n := w.of(bucket)
		n.atWork.RLock()
		defer n.atWork.RUnlock()
		n.count.Add(1)
		defer n.count.Add(1)
	}
	return w.Transport.RoundTrip(r)
}

func (w *writes) of(bucket string) *writing {
	n, _ := w.buckets.LoadOrStore(bucket, new(writing))
	return n.(*writing)
}

// Writes returns a number that is another one whenever a bucket may have changed since: who looks on need not list it again.
func (s *Server) Writes(bucket string) int64 { return s.writes.of(bucket).count.Load() }

// Still looks at a bucket while nothing is written there. The gateway replaces an object by removing it first, which S3 never
// shows: a listing at that moment lacks it. look must not write there itself.
func (s *Server) Still(bucket string, look func() error) error {
	n := s.writes.of(bucket)
	n.atWork.Lock()
	defer n.atWork.Unlock()
	return look()
}
