package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// resident reads a line of a process's status, in bytes: VmRSS is what is resident now, VmHWM the most there has been.
func resident(process int, name string) (int64, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", process))
	if err != nil {
		return 0, fmt.Errorf("memory is measured on Linux only: %w", err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+":"); ok {
			var kilobytes int64
			_, err := fmt.Sscan(value, &kilobytes)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("the status of a process has no %s", name)
}

// spent reads the processor time of a running process, in seconds.
func spent(process int) (float64, error) {
	const ticks = 100 // a second, on every Linux
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	if err != nil {
		return 0, fmt.Errorf("processor time is measured on Linux only: %w", err)
	}
	var user, system float64
	_, rest, _ := strings.Cut(string(stat), ") ") // behind the name, which may hold anything
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("the status of a process has %d fields", len(fields))
	}
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return 0, fmt.Errorf("processor time of a process: %w", err)
	}
	return (user + system) / ticks, nil
}

// watch runs a command and returns the most memory, in bytes, that its process had, and the processor time, in seconds.
// What the kernel reports at the end would include what this process had when it started the other.
func watch(cmd *exec.Cmd) (peak int64, cpu float64, err error) {
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			return peak, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), err
		case <-time.After(5 * time.Millisecond):
			if now, err := resident(cmd.Process.Pid, "VmHWM"); err == nil {
				peak = max(peak, now)
			}
		}
	}
}
