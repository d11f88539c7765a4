package s3copy

import (
	"fmt"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// copySource writes the header x-amz-copy-source, which the SDK sends as it gets it. Everything but the unreserved characters
// is escaped, "+" too: S3 reads a bare one as a space.
func copySource(from s3uri.Prefix, key string) *string {
	source := from.Bucket + "/" + escape(from.File(key), "/")
	return &source
}

// escape percent-encodes s but for letters, digits, "-_.~" and the bytes in keep.
func escape(s, keep string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_.~", c) >= 0, strings.IndexByte(keep, c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// quoted returns an ETag as conditions want it.
func quoted(etag string) string { return `"` + etag + `"` }
