// Package apploader loads a region's files as a DistrictBuilder task does when it starts, and fails with the
// application's own messages: what stands after "err" in its log line "Failed to load topology for".
// It shares no code with the inspection of region data, so that each can be tested against the other.
package apploader

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Files are the region's files by their name relative to the region's URI.
// A missing file is an error that matches fs.ErrNotExist. Bodies are the bytes as stored: a task does not decompress.
type Files interface {
	Open(ctx context.Context, name string) (io.ReadCloser, error)
}

// ErrSilentHang is what an empty static-metadata.json leads to. The application logs the text once, does not
// try again, and reports the region as loading for ever.
var ErrSilentHang error = message("Invalid TopoJSON or metadata bodies")

// Load reads the region at uri. The order is the application's: static-metadata.json, topo.json, the buffers.
//
// Two things are not as in release 1.19.2, whose rules the inspection knows. That release resolves arcs only when it first
// merges districts; here they are resolved at once, because nothing merges later. And topo.json must have a bbox, which
// TopoJSON leaves to the writer, and which process-geojson writes: so there is data that keeps every rule and that no task
// can load. It stands for a release that asks for more than the rules say, as releases did: 1.14 to 1.17.0 read topo.buf,
// and not topo.json.
func Load(ctx context.Context, uri string, files Files) error {
	metadata, err := loadMetadata(ctx, uri, files)
	if err != nil {
		return err
	}
	if err := loadTopology(ctx, files, metadata); err != nil {
		return err
	}
	for _, f := range metadata.buffers() {
		if err := loadBuffer(ctx, files, f); err != nil {
			return err
		}
	}
	return nil
}

// read returns a whole file; a missing one fails as the S3 client of the application does.
func read(ctx context.Context, files Files, name string) ([]byte, error) {
	body, err := files.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noSuchKey
	}
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return data, nil
}
