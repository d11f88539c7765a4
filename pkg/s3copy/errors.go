package s3copy

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// SourceChangedError tells of a source that is no longer the object of the inventory.
type SourceChangedError struct {
	Prefix s3uri.Prefix
	Key    string
	ETag   string // the inventory's
	Gone   bool
}

func (e *SourceChangedError) Error() string {
	if e.Gone {
		return fmt.Sprintf("%s%s is gone (ETag %s when the inventory was taken)", e.Prefix, e.Key, e.ETag)
	}
	return fmt.Sprintf("%s%s has changed (ETag %s when the inventory was taken)", e.Prefix, e.Key, e.ETag)
}

// sourceError makes a SourceChangedError of S3's refusal of a request that names o's ETag.
func sourceError(err error, from s3uri.Prefix, o Object) error {
	changed := &SourceChangedError{Prefix: from, Key: o.Key, ETag: o.ETag}
	switch {
	case err == nil:
		return nil
	case status(err) == http.StatusPreconditionFailed:
		return changed
	case code(err) == "NoSuchKey", code(err) == "NotFound": // the latter is a HEAD's, which has no body to tell more
		changed.Gone = true
		return changed
	}
	return err
}

// about names the object that an error is about, unless the error does so itself.
func about(err error, verb string, at s3uri.Prefix, key string) error {
	var changed *SourceChangedError
	if err == nil || errors.Is(err, errStopped) || errors.As(err, &changed) {
		return err
	}
	return fmt.Errorf("%s %s%s: %w", verb, at, key, err)
}
