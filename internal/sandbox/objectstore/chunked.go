package objectstore

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// unchunk replaces a body in signed chunks (STREAMING-AWS4-…) by its plain content, for the chunks' signatures are made
// with a key that the gateway does not have. A checksum in the trailer of such a body is dropped.
// Unsigned chunks (STREAMING-UNSIGNED-PAYLOAD-TRAILER) pass as they are.
func unchunk(r *http.Request) error {
	if !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-AWS4-") {
		return nil
	}
	length, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
	if err != nil {
		return fmt.Errorf("x-amz-decoded-content-length: %w", err)
	}
	r.Body = io.NopCloser(&chunkReader{in: bufio.NewReader(r.Body)})
	r.ContentLength = length
	r.Header.Set("Content-Length", strconv.FormatInt(length, 10))
	r.Header.Set("X-Amz-Content-Sha256", unsigned)
	for _, name := range []string{"X-Amz-Decoded-Content-Length", "X-Amz-Trailer", "X-Amz-Sdk-Checksum-Algorithm"} {
		r.Header.Del(name)
	}
	dropAWSChunked(r.Header)
	return nil
}

// dropAWSChunked removes the encoding that describes the transfer and not the object.
func dropAWSChunked(h http.Header) {
	var kept []string
	for encoding := range strings.SplitSeq(h.Get("Content-Encoding"), ",") {
		if encoding = strings.TrimSpace(encoding); encoding != "" && encoding != "aws-chunked" {
			kept = append(kept, encoding)
		}
	}
	h.Del("Content-Encoding")
	if kept != nil {
		h.Set("Content-Encoding", strings.Join(kept, ","))
	}
}

// chunkReader reads the content of "<hex length>;chunk-signature=…\r\n<bytes>\r\n" repeated, up to the chunk of length 0.
type chunkReader struct {
	in   *bufio.Reader
	left int64 // of the present chunk
	open bool  // a chunk was begun whose line end is unread
	done bool
}

func (c *chunkReader) Read(p []byte) (int, error) {
	for c.left == 0 {
		if c.done {
			return 0, io.EOF
		}
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	n, err := c.in.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (c *chunkReader) next() error {
	if c.open {
		if _, err := c.in.Discard(len("\r\n")); err != nil {
			return fmt.Errorf("end of chunk: %w", err)
		}
	}
	line, err := c.in.ReadString('\n')
	if err != nil {
		return fmt.Errorf("chunk header: %w", err)
	}
	size, _, _ := strings.Cut(strings.TrimSpace(line), ";")
	if c.left, err = strconv.ParseInt(size, 16, 64); err != nil {
		return fmt.Errorf("chunk header: %w", err)
	}
	c.open, c.done = true, c.left == 0
	if c.done {
		_, err = io.Copy(io.Discard, c.in) // the trailer
	}
	return err
}
