package postgres

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// linksFile lists the symbolic links, which an npm package cannot hold.
const linksFile = "pg-symlinks.json"

// unpack writes the files of the package's folder "native" to place, readable by every account.
func unpack(archive io.Reader, place string) error {
	uncompressed, err := gzip.NewReader(archive)
	if err != nil {
		return err
	}
	files := tar.NewReader(uncompressed)
	if err := os.Mkdir(place, 0o755); err != nil {
		return err
	}
	for {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		name, native := strings.CutPrefix(header.Name, "package/native/")
		if !native || header.Typeflag != tar.TypeReg {
			continue
		}
		if !filepath.IsLocal(name) {
			return fmt.Errorf("file %q would lie outside", name)
		}
		mode := os.FileMode(0o644)
		if header.Mode&0o100 != 0 {
			mode = 0o755
		}
		if err := extract(files, filepath.Join(place, name), mode); err != nil {
			return err
		}
	}
	return link(place)
}

func extract(from io.Reader, path string, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, from)
	return errors.Join(err, file.Chmod(mode), file.Close()) // the process's umask must not matter
}

// link makes the symbolic links: "target" is the link's name, "source" the file that it stands for.
func link(place string) error {
	list, err := os.ReadFile(filepath.Join(place, linksFile))
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(list, &links); err != nil {
		return fmt.Errorf("%s: %w", linksFile, err)
	}
	for _, l := range links {
		source, target := strings.TrimPrefix(l.Source, "native/"), strings.TrimPrefix(l.Target, "native/")
		if !filepath.IsLocal(source) || !filepath.IsLocal(target) {
			return fmt.Errorf("link from %q to %q would lie outside", l.Target, l.Source)
		}
		relative, err := filepath.Rel(filepath.Dir(target), source)
		if err != nil {
			return err
		}
		if err := os.Symlink(relative, filepath.Join(place, target)); err != nil {
			return err
		}
	}
	return nil
}
