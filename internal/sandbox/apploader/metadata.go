package apploader

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
)

// metadata is what a starting task reads of static-metadata.json.
type metadata struct {
	Demographics, GeoLevels, Voting []file
	GeoLevelHierarchy               []struct{ ID string }
}

// file is a buffer that the metadata names.
type file struct {
	FileName        string
	BytesPerElement int
	Unsigned        *bool // absent means true
}

func (m metadata) buffers() []file {
	return slices.Concat(m.Demographics, m.GeoLevels, m.Voting)
}

func loadMetadata(ctx context.Context, uri string, files Files) (metadata, error) {
	var m metadata
	body, err := read(ctx, files, "static-metadata.json")
	if err != nil {
		return m, err
	}
	if len(body) == 0 {
		return m, ErrSilentHang
	}
	if err := parseJSON(body, &m); err != nil {
		return m, err
	}
	if len(m.GeoLevelHierarchy) == 0 {
		return m, message("geoLevelHierarchy missing from static metadata for " + uri)
	}
	if m.Demographics == nil || m.GeoLevels == nil {
		return m, undefined("map")
	}
	return m, nil
}

// loadBuffer makes a typed array of a file. Only a length that is no multiple of the element's size fails:
// the application does not compare it with the number of geounits. Any size but 1 and 2 is read as 4.
func loadBuffer(ctx context.Context, files Files, f file) error {
	body, err := files.Open(ctx, f.FileName)
	if errors.Is(err, fs.ErrNotExist) {
		return noSuchKey
	}
	if err != nil {
		return err
	}
	defer body.Close()
	length, err := io.Copy(io.Discard, body)
	if err != nil {
		return fmt.Errorf("read %s: %w", f.FileName, err)
	}
	if size := f.elementSize(); length%int64(size) != 0 {
		return message(fmt.Sprintf("RangeError: byte length of %s should be a multiple of %d", f.arrayType(), size))
	}
	return nil
}

func (f file) elementSize() int {
	if f.BytesPerElement == 1 || f.BytesPerElement == 2 {
		return f.BytesPerElement
	}
	return 4
}

func (f file) arrayType() string {
	sign := "Ui"
	if f.Unsigned != nil && !*f.Unsigned {
		sign = "I"
	}
	return fmt.Sprintf("%snt%dArray", sign, 8*f.elementSize())
}
