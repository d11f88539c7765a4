package s3copy

import "fmt"

const (
	minPart  = 5 << 20 // the smallest part but the last, in bytes (S3)
	maxParts = 10000   // of one upload (S3)
)

// crcs are the checksums that S3 computes over the full object also of an upload in parts.
var crcs = map[string]bool{"CRC64NVME": true, "CRC32": true, "CRC32C": true}

// inParts decides whether an object is copied in parts.
func (o Options) inParts(source Object) bool {
	switch {
	case source.Size == 0:
		return false
	case source.inParts(), source.Size > o.MaxCopy:
		return true
	}
	return source.Size > o.LargeFrom && source.Checksum.Type == "FULL_OBJECT" && crcs[source.Checksum.Algorithm]
}

// partSize decides how large the parts of a copy are: as the source's, if they are all of one size, so that
// the copy has the source's ETag; else as the options say.
func (o Options) partSize(source Object, head Head) int64 {
	if head.FirstPart > 0 && (source.Size+head.FirstPart-1)/head.FirstPart == head.Parts {
		return head.FirstPart
	}
	const mebibyte = 1 << 20
	needed := (source.Size + maxParts - 1) / maxParts
	return max(o.PartSize, minPart, (needed+mebibyte-1)/mebibyte*mebibyte)
}

// span is a part of an object: length bytes from offset.
type span struct{ offset, length int64 }

// header writes the span as x-amz-copy-source-range, or nil for all of an object, which S3 demands below 5 MB.
func (r span) header(size int64) *string {
	if r.length == size {
		return nil
	}
	h := fmt.Sprintf("bytes=%d-%d", r.offset, r.offset+r.length-1)
	return &h
}

// spans cuts an object into parts.
func spans(size, part int64) []span {
	var cut []span
	for offset := int64(0); offset < size; offset += part {
		cut = append(cut, span{offset, min(part, size-offset)})
	}
	return cut
}
