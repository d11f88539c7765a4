package s3copy

import (
	"iter"
	"strings"
	"time"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// Inventory is what lay under a prefix at one moment.
type Inventory struct {
	Prefix  s3uri.Prefix `json:"prefix"`
	Objects []Object     `json:"objects"` // in the order of their keys' bytes, as S3 lists them
}

// Object is one object of an inventory.
type Object struct {
	Key          string    `json:"key"` // without the inventory's prefix
	Size         int64     `json:"size"`
	ETag         string    `json:"etag"` // without quotes; "<hash>-<parts>" when it was uploaded in parts
	LastModified time.Time `json:"lastModified"`
	Checksum     Checksum  `json:"checksum,omitzero"`
	// Head is what a copy in parts has to send again. It is known only of objects that need such a copy, and only
	// in inventories made by Take.
	Head *Head `json:"head,omitempty"`
}

// Checksum says which checksum S3 keeps of an object, beside the ETag.
type Checksum struct {
	Algorithm string `json:"algorithm"` // CRC64NVME, CRC32, CRC32C, SHA1, SHA256 …
	Type      string `json:"type"`      // FULL_OBJECT or COMPOSITE
}

// inParts reports whether the object was uploaded in parts, so that its ETag depends on their sizes.
func (o Object) inParts() bool { return strings.Contains(o.ETag, "-") }

// Bytes returns the sum of the sizes.
func (inv Inventory) Bytes() int64 {
	var sum int64
	for _, o := range inv.Objects {
		sum += o.Size
	}
	return sum
}

// ByKey returns the objects by their keys.
func (inv Inventory) ByKey() map[string]Object {
	m := make(map[string]Object, len(inv.Objects))
	for _, o := range inv.Objects {
		m[o.Key] = o
	}
	return m
}

// Difference is a way in which what is there is not what it should be.
type Difference struct {
	Key     string `json:"key"`
	Problem string `json:"problem"`
}

// Changes yields how now differs from inv by keys, sizes and ETags: the cheap comparison of one prefix with an earlier
// listing of itself. It is no comparison of a copy with its source; that is Verify.
func (inv Inventory) Changes(now Inventory) iter.Seq[Difference] {
	return func(yield func(Difference) bool) {
		there := now.ByKey()
		for _, was := range inv.Objects {
			is, ok := there[was.Key]
			delete(there, was.Key)
			switch {
			case !ok:
				ok = yield(Difference{was.Key, "is gone"})
			case is.Size != was.Size || is.ETag != was.ETag:
				ok = yield(Difference{was.Key, "was replaced"})
			}
			if !ok {
				return
			}
		}
		for _, is := range now.Objects {
			if _, extra := there[is.Key]; extra && !yield(Difference{is.Key, "was added"}) {
				return
			}
		}
	}
}
