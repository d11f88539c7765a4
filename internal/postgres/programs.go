package postgres

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// oldest is the first major version that DistrictBuilder runs on.
const oldest = 12

// programs returns a folder with initdb and postgres: installed ones if they are new enough, else downloaded ones.
func programs(ctx context.Context) (string, error) {
	if bin, found := newest(ctx, installed(ctx)); found {
		return bin, nil
	}
	return download(ctx)
}

// installed lists the folders where the programs may be.
func installed(ctx context.Context) []string {
	var folders []string
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		folders = append(folders, strings.TrimSpace(string(out)))
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			folders = append(folders, filepath.Dir(path))
		}
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"} {
		more, _ := filepath.Glob(pattern) // the patterns are well-formed
		folders = append(folders, more...)
	}
	return folders
}

// newest returns the folder with the highest major version, if any has one that is new enough.
func newest(ctx context.Context, folders []string) (bin string, found bool) {
	best := oldest - 1
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(folder, "initdb")); err != nil {
			continue
		}
		out, err := exec.CommandContext(ctx, filepath.Join(folder, "postgres"), "--version").Output()
		if err != nil {
			continue
		}
		if major := majorVersion(string(out)); major > best {
			best, bin, found = major, folder, true
		}
	}
	return bin, found
}

var versionNumber = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// majorVersion reads what "postgres --version" prints; 0 if it is something else.
func majorVersion(printed string) int {
	match := versionNumber.FindStringSubmatch(printed)
	if match == nil {
		return 0
	}
	major, err := strconv.Atoi(match[1])
	if err != nil {
		return 0
	}
	return major
}
