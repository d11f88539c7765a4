// Package s3uri reads and writes the S3 locations of region data.
package s3uri

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Prefix is a canonical location of a region's files: s3://Bucket/Key, where Key ends in a slash.
// The slash matters: DistrictBuilder's server and browser join file names differently without it.
type Prefix struct {
	Bucket string
	Key    string // never empty, ends in "/", no empty segment
}

// String returns the canonical URI.
func (p Prefix) String() string { return "s3://" + p.Bucket + "/" + p.Key }

// File returns the key of the file name below the prefix.
func (p Prefix) File(name string) string { return p.Key + name }

// Within reports whether p is other or lies below it.
func (p Prefix) Within(other Prefix) bool {
	return p.Bucket == other.Bucket && strings.HasPrefix(p.Key, other.Key)
}

// Sibling returns the prefix beside p whose last segment has suffix appended:
// the place for a backup, which must never lie inside the region.
func (p Prefix) Sibling(suffix string) Prefix {
	return Prefix{Bucket: p.Bucket, Key: strings.TrimSuffix(p.Key, "/") + suffix + "/"}
}

// MarshalText writes the canonical URI.
func (p Prefix) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a URI, mending a missing trailing slash.
func (p *Prefix) UnmarshalText(text []byte) error {
	parsed, _, err := Parse(string(text))
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}

// Parse reads an s3:// URI. A missing trailing slash is mended, and mended says so.
func Parse(uri string) (prefix Prefix, mended bool, err error) {
	bad := func(why string) (Prefix, bool, error) {
		return Prefix{}, false, fmt.Errorf("URI %q: %s; expected s3://<bucket>/<path>/", uri, why)
	}
	rest, ok := strings.CutPrefix(uri, "s3://")
	if !ok {
		return bad("does not begin with s3://")
	}
	bucket, key, ok := strings.Cut(rest, "/")
	if !ok || key == "" {
		return bad("names no path in the bucket")
	}
	if !validBucket(bucket) {
		return bad("the bucket's name is not valid")
	}
	if !utf8.ValidString(key) || strings.ContainsFunc(key, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
		return bad("the path holds a control character or is not UTF-8")
	}
	if !strings.HasSuffix(key, "/") {
		key, mended = key+"/", true
	}
	for segment := range strings.SplitSeq(strings.TrimSuffix(key, "/"), "/") {
		if segment == "" || segment == "." || segment == ".." {
			return bad("the path has an empty, '.' or '..' segment")
		}
	}
	if len(key) > 900 {
		return bad("the path is over 900 bytes, which leaves no room for file names")
	}
	return Prefix{Bucket: bucket, Key: key}, mended, nil
}

// validBucket applies the naming rules of general-purpose buckets.
func validBucket(name string) bool {
	if len(name) < 3 || len(name) > 63 {
		return false
	}
	for i, r := range name {
		alphanumeric := r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
		if !alphanumeric && (r != '-' && r != '.' || i == 0 || i == len(name)-1) {
			return false
		}
	}
	return !strings.Contains(name, "..")
}
