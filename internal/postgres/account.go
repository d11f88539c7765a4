package postgres

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// account is the one that PostgreSQL runs under. PostgreSQL refuses to run as root; then it is nobody.
type account struct {
	root     bool // this process is root, and the account is another one
	uid, gid uint32
}

func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	nobody, err := user.Lookup("nobody") // initdb demands an account that has a name
	if err != nil {
		return account{}, fmt.Errorf("PostgreSQL refuses to run as root, and there is no other account for it: %w", err)
	}
	uid, err := strconv.ParseInt(nobody.Uid, 10, 64)
	if err != nil {
		return account{}, fmt.Errorf("user nobody: %w", err)
	}
	gid, err := strconv.ParseInt(nobody.Gid, 10, 64)
	if err != nil {
		return account{}, fmt.Errorf("user nobody: %w", err)
	}
	return account{root: true, uid: uint32(uid), gid: uint32(gid)}, nil
}

// apply makes a command run under the account, in a session of its own: an interrupt from the terminal
// is for this process, which stops the server in its own time.
func (a account) apply(cmd *exec.Cmd, dir string) {
	cmd.Dir = dir
	cmd.Env = append(withoutPostgresSettings(os.Environ()), "LC_ALL=C", "TZ=UTC")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if a.root {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
}

// withoutPostgresSettings leaves out variables by which initdb and postgres would find another cluster.
func withoutPostgresSettings(environment []string) []string {
	var kept []string
	for _, variable := range environment {
		if !strings.HasPrefix(variable, "PG") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// directory makes a directory that the account can enter and that nobody else can read.
func (a account) directory(parent string) (string, error) {
	if parent == "" || a.root && !public(parent) {
		parent = os.TempDir()
	}
	parent, err := filepath.Abs(parent)
	if err != nil {
		return "", err
	}
	return os.MkdirTemp(parent, "postgres-")
}

// public reports whether every account can enter the directory.
func public(dir string) bool {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	for {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		up := filepath.Dir(dir)
		if up == dir {
			return true
		}
		dir = up
	}
}

// own gives the directory and the files in it to the account.
func (a account) own(dir string) error {
	if !a.root {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(a.uid), int(a.gid))
	})
}
