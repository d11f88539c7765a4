package postgres

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// process is a running postgres with the watchdog beside it.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
	guard *watchdog
	once  sync.Once
}

// stop shuts the server down at once, sessions included, and makes sure that it is gone.
func (p *process) stop() error {
	var err error
	p.once.Do(func() {
		// SIGQUIT is PostgreSQL's immediate shutdown: the files are removed anyway.
		for _, signal := range []os.Signal{syscall.SIGQUIT, syscall.SIGKILL} {
			_ = p.cmd.Process.Signal(signal)
			select {
			case <-p.ended:
				err = p.guard.dismiss()
				return
			case <-time.After(5 * time.Second):
			}
		}
		err = fmt.Errorf("postgres (process %d) does not end", p.cmd.Process.Pid)
	})
	return err
}

// watchdog ends a server whose owner is gone. It is a shell that reads from a pipe to this process:
// the pipe closes when this process ends, even by SIGKILL.
type watchdog struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

const watchdogScript = `read -r word; [ "$word" = done ] && exit 0
[ -e "$2/data/postmaster.pid" ] && kill -QUIT "$1"
n=0; while [ $n -lt 50 ] && kill -0 "$1" 2>/dev/null; do sleep 0.1; n=$((n+1)); done
rm -rf "$2"`

// watch sets a watchdog on the process that serves the cluster in dir. It is in a session of its own,
// so that an interrupt from the terminal does not end it first.
func watch(pid int, dir string) (*watchdog, error) {
	cmd := exec.Command("/bin/sh", "-c", watchdogScript, "postgres-watchdog", strconv.Itoa(pid), dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Dir = "/"
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	return &watchdog{cmd, pipe}, nil
}

// dismiss ends the watchdog without anything else.
func (w *watchdog) dismiss() error {
	if w == nil {
		return nil
	}
	_, err := io.WriteString(w.pipe, "done\n")
	return errors.Join(err, w.pipe.Close(), w.cmd.Wait())
}
