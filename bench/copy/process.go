package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// process is this program, started again in another role. It ends when its standard input does.
type process struct {
	cmd   *exec.Cmd
	input io.Closer
	said  string // its first line: where it serves
}

// start starts this program again and waits for its first line.
func start(args ...string) (*process, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(executable, args...)}
	p.cmd.Stderr = os.Stderr
	if p.input, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	output, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%v did not start: %w", args, err), p.stop())
	}
	p.said = strings.TrimSpace(line)
	return p, nil
}

func (p *process) stop() error { return errors.Join(p.input.Close(), p.cmd.Wait()) }

// untilStopped says where this process serves, and returns when standard input ends.
func untilStopped(at string) error {
	fmt.Println(at)
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}
