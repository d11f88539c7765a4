package objectstore

import (
	"errors"
	"hash/maphash"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// keyLocks make a check of an object and the write that depends on it one step. Keys share locks, by hash.
type keyLocks struct {
	seed  maphash.Seed
	locks [64]sync.RWMutex
}

// lock holds the key of t until the returned function is called: for itself, or beside other writers that check nothing.
func (k *keyLocks) lock(t target, alone bool) (unlock func()) {
	l := &k.locks[maphash.String(k.seed, t.bucket+"/"+t.key)%uint64(len(k.locks))]
	if alone {
		l.Lock()
		return l.Unlock
	}
	l.RLock()
	return l.RUnlock
}

// conditionalCopy reports whether r is a copy that depends on what is at its destination. The gateway ignores that.
func conditionalCopy(r *http.Request, t target) bool {
	return t.op == "CopyObject" && (r.Header.Get("If-Match") != "" || r.Header.Get("If-None-Match") != "")
}

// checkDestination applies If-Match and If-None-Match of a CopyObject to the object that it would replace.
func (s *Server) checkDestination(r *http.Request, t target) *Refusal {
	if !conditionalCopy(r, t) {
		return nil
	}
	head, err := s.Client(r.Context()).HeadObject(r.Context(), &s3.HeadObjectInput{Bucket: &t.bucket, Key: &t.key})
	var missing *types.NotFound
	if err != nil && !errors.As(err, &missing) {
		return InternalError()
	}
	switch want := r.Header.Get("If-Match"); {
	case err == nil && r.Header.Get("If-None-Match") == "*":
		return preconditionFailed()
	case want == "":
		return nil
	case err != nil:
		return &Refusal{http.StatusNotFound, "NoSuchKey", "The specified key does not exist."}
	case want != "*" && strings.Trim(want, `"`) != strings.Trim(*head.ETag, `"`):
		return preconditionFailed()
	}
	return nil
}

func preconditionFailed() *Refusal {
	return &Refusal{http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"}
}
