package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/internal/regiongen"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox"
)

// smallSeeds are staging's regions with data that is copied at once. Their sizes differ as much as the real ones': regions
// of one size would be loaded at the same moment, 20 minutes after the start, which looks like a hang.
func smallSeeds() []sandbox.Seed {
	small := make([]sandbox.Seed, len(seeds))
	for i, s := range seeds {
		s.Maps = min(s.Maps, 2)
		s.Data = regiongen.Options{State: s.Data.State, Tiles: 3, Seed: s.Data.Seed, TopoBytes: s.Data.TopoBytes / 64}
		small[i] = s
	}
	return small
}

// fast is how many times faster than real time waits pass in tests.
const fast = 400

// removeLog removes the log that a command names, which it leaves for whoever wants to read it.
func removeLog(t *testing.T, out *paper) {
	t.Helper()
	m := regexp.MustCompile(`(?i)log: (\S+)/dbops\.log`).FindStringSubmatch(out.String())
	if m == nil {
		t.Errorf("no log is named in\n%s", out)
		return
	}
	if err := os.RemoveAll(m[1]); err != nil {
		t.Error(err)
	}
}

// paper is where a command writes in tests. It can be waited for.
type paper struct {
	mu      sync.Mutex
	written bytes.Buffer
	waiting map[string]chan struct{}
}

func (p *paper) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.written.Write(text)
	for wanted, came := range p.waiting {
		if strings.Contains(p.written.String(), wanted) {
			close(came)
			delete(p.waiting, wanted)
		}
	}
	return len(text), nil
}

func (p *paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written.String()
}

// has is closed when the text has been written.
func (p *paper) has(text string) <-chan struct{} {
	came := make(chan struct{})
	p.mu.Lock()
	defer p.mu.Unlock()
	if strings.Contains(p.written.String(), text) {
		close(came)
		return came
	}
	if p.waiting == nil {
		p.waiting = map[string]chan struct{}{}
	}
	p.waiting[text] = came
	return came
}
