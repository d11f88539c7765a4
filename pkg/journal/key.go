package journal

import (
	"net/url"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

// lockKey is the environment's lock: one state bucket an environment, one lock a state bucket.
const lockKey = "lock.json"

const (
	entrySuffix  = ".json"
	closedSuffix = ".closed.json"
)

// maxRun is the length limit of an execution's name, which is what a run is usually called.
const maxRun = 80

// ValidRun reports what is wrong with a run's name. It becomes part of object keys and of commands
// that an operator pastes into a shell, so it holds letters, digits, '-', '_' and '.' only.
func ValidRun(run string) error {
	bad := func(why string) error {
		return fault.New(fault.InvalidInput, "run %q: %s; expected 1 to %d letters, digits, '-', '_' or '.'", run, why, maxRun)
	}
	if run == "" {
		return bad("is empty")
	}
	if len(run) > maxRun {
		return bad("is too long")
	}
	if strings.Trim(run, ".") == "" {
		return bad("has dots only")
	}
	for _, r := range run {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (r < '0' || r > '9') && !strings.ContainsRune("-_.", r) {
			return bad("holds a character that is not allowed")
		}
	}
	return nil
}

func journalPrefix(run string) string { return "runs/" + run + "/journal/" }

func finishedKey(run string) string { return "runs/" + run + "/finished.json" }

func entryKey(run, step string) string { return journalPrefix(run) + escape(step) + entrySuffix }

func closedKey(run, step string) string { return journalPrefix(run) + escape(step) + closedSuffix }

// escape makes a step one segment of a key. Dots are escaped too: otherwise the entry of a step
// "x.closed" would have the key that closes the step "x".
func escape(step string) string {
	return strings.ReplaceAll(url.PathEscape(step), ".", "%2E")
}
