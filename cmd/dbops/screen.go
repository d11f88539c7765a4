package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
)

// screen prints lines, and on a terminal keeps a block of live lines below them.
type screen struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	live     []string       // the block as it stands on the terminal
	started  time.Time      // on the account's clock
	seen     map[string]int // how often a state was entered
	summary  time.Time      // when the fleet was last told, where there is no terminal
}

func newScreen(out io.Writer) *screen {
	s := &screen{out: out, seen: map[string]int{}}
	if file, ok := out.(*os.File); ok {
		info, err := file.Stat()
		s.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return s
}

// print writes lines above the live block.
func (s *screen) print(lines ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.printLocked(lines...)
}

func (s *screen) printLocked(lines ...string) {
	live := s.live
	s.erase()
	for _, l := range lines {
		fmt.Fprintln(s.out, l)
	}
	s.draw(live)
}

// erase takes the live block off the terminal.
func (s *screen) erase() {
	if s.terminal && len(s.live) > 0 {
		fmt.Fprintf(s.out, "\x1b[%dA\x1b[J", len(s.live))
	}
	s.live = nil
}

func (s *screen) draw(live []string) {
	if !s.terminal {
		return
	}
	for _, l := range live {
		fmt.Fprintln(s.out, l)
	}
	s.live = live
}

// clear ends the live block.
func (s *screen) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
}

// account says what was started.
func (s *screen) account(a *sandbox.Account, regions []sandbox.Region, log string, took time.Duration) {
	maps := 0
	for _, r := range regions {
		maps += r.Maps
	}
	s.print(
		fmt.Sprintf("  started in %.1f s: S3 (a real server), PostgreSQL (a real one) with %d regions and %d maps, ECS with %d tasks", took.Seconds(), len(regions), maps, usualTasks),
		"  all APIs: "+a.Endpoint+"   log: "+log,
		"")
}

// entered shows a state. One that is entered again, as in a loop, shows in the live block only.
func (s *screen) entered(e *sandbox.Execution, event asl.Event, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started.IsZero() {
		s.started = now
	}
	indent := "  "
	if strings.HasSuffix(e.Machine, "restart-services") {
		indent = "    "
	}
	key := e.Machine + event.State
	if s.seen[key]++; s.seen[key] == 1 {
		s.printLocked(fmt.Sprintf("+%s%s%s", s.elapsed(now), indent, event.State))
	}
}

func (s *screen) elapsed(now time.Time) string {
	d := now.Sub(s.started).Truncate(time.Second)
	return fmt.Sprintf("%02d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
}

// summaryEvery is how often the fleet is told where there is no terminal, on the account's clock.
const summaryEvery = 4 * time.Minute

// fleet shows the tasks: a block of bars on a terminal, else a line now and then.
func (s *screen) fleet(now fleetsim.Snapshot, audit *sandbox.Audit) {
	lines := fleetLines(now, audit)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started.IsZero() {
		return
	}
	if s.terminal {
		s.erase()
		s.draw(append([]string{"", "+" + s.elapsed(now.At)}, lines...))
		return
	}
	if s.summary.IsZero() {
		s.summary = now.At
	}
	if now.At.Sub(s.summary) >= summaryEvery {
		s.summary = now.At
		for _, l := range lines {
			fmt.Fprintf(s.out, "+%s      %s\n", s.elapsed(now.At), strings.TrimSpace(l))
		}
	}
}

// fleetLines are one line for the whole and one a task.
func fleetLines(now fleetsim.Snapshot, audit *sandbox.Audit) []string {
	lines := []string{fmt.Sprintf("  healthy targets %d (usually %d)   service wants %d   group %d instances%s",
		now.Healthy, audit.UsualHealthy(), now.Desired, now.Group.Desired, fenced(now))}
	for _, t := range now.Tasks {
		if t.Status == "STOPPED" || !strings.HasSuffix(t.Service, "_EC2LaunchType") {
			continue
		}
		lines = append(lines, taskLine(t, now, slices.Contains(audit.OldTasks(), t.ARN)))
	}
	return lines
}

func fenced(now fleetsim.Snapshot) string {
	if now.Group.Fenced {
		return ", fenced"
	}
	return ""
}

const barWidth = 24

func taskLine(t fleetsim.TaskInfo, now fleetsim.Snapshot, old bool) string {
	age := "new"
	if old {
		age = "old"
	}
	if t.Protected {
		age += "*"
	}
	state := t.Target
	if t.Status != "RUNNING" || state == "" {
		state = strings.ToLower(t.Status)
	}
	filled := 0
	if t.Total > 0 {
		filled = barWidth * t.Complete / t.Total
	}
	line := fmt.Sprintf("  %s %-4s %-12s %s%s %d/%d", t.ID[:6], age, state, strings.Repeat("█", filled), strings.Repeat("░", barWidth-filled), t.Complete, t.Total)
	if len(t.Loading) > 0 {
		line += "  loading " + strings.Join(regionCodes(t.Loading), ", ") + eta(t, now)
	}
	return line
}

// regionCodes takes the region's code out of s3://bucket/regions/US/PA/…/.
func regionCodes(uris []string) []string {
	var codes []string
	for _, uri := range uris {
		code := uri
		if parts := strings.Split(uri, "/"); len(parts) > 5 {
			code = parts[5]
		}
		codes = append(codes, code)
	}
	return codes
}

// eta guesses from the task's own rate.
func eta(t fleetsim.TaskInfo, now fleetsim.Snapshot) string {
	if t.Complete == 0 || t.StartedAt.IsZero() {
		return ""
	}
	left := now.At.Sub(t.StartedAt) / time.Duration(t.Complete) * time.Duration(t.Total-t.Complete)
	return fmt.Sprintf(", about %d min left", int(left.Minutes()+0.5))
}
