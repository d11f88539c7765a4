package statemachines

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// undoes reports whether a task puts back what the run has changed, or ends the run: its payload or its comment says so,
// or it calls an action that does nothing else.
func (s state) undoes() bool {
	payload, _ := s.Arguments.Payload.(map[string]any)
	ends := []string{"${RestoreRegion}", "${ReleaseLock}", "${CommitRun}", "${ListLeft}"}
	return s.Type == "Task" && (payload["undo"] == true || strings.HasPrefix(s.Comment, "Undo") || slices.Contains(ends, s.Arguments.FunctionName))
}

// patience is for how many seconds at most a task waits between its attempts after an error, by the retrier that fits it.
func (s state) patience(failure string) (seconds float64) {
	for _, r := range s.Retry {
		if !slices.Contains(r.ErrorEquals, failure) && !slices.Contains(r.ErrorEquals, "States.ALL") {
			continue
		}
		attempts, interval := 3, r.IntervalSeconds // the defaults of the language
		if r.MaxAttempts != nil {
			attempts = *r.MaxAttempts
		}
		for i := range attempts {
			wait := interval * math.Pow(r.BackoffRate, float64(i))
			if r.MaxDelaySeconds > 0 {
				wait = min(wait, float64(r.MaxDelaySeconds))
			}
			seconds += wait
		}
		return seconds
	}
	return 0
}

// place is a state on a way through a machine, and what the way has noted: that something could not be put back, or that
// the Map which it is in has had an error in one of its iterations.
type place struct {
	state               string
	problems, iteration bool
}

var (
	problemsCounted = regexp.MustCompile(`^\{% (?:.* or )?\$count\(\$problems\) > 0(?: or .*)? %\}$`)
	errorsCounted   = regexp.MustCompile(`^\{% \$count\(\$states\.input\[\$exists\(error\)\]\) > 0 %\}$`)
)

// endings are the states in which a machine can end when it comes to a place. A Choice that counts problems is known to
// go one way when one was noted, and so is one that counts the errors of a Map's iterations; any other may go each way.
func (m machine) endings(from place) map[string]bool {
	ends, seen, open := map[string]bool{}, map[place]bool{}, []place{from}
	for len(open) > 0 {
		at := open[len(open)-1]
		open = open[:len(open)-1]
		if seen[at] {
			continue
		}
		seen[at] = true
		s := m.all()[at.state]
		at.problems = at.problems || s.Assign["problems"] != nil
		if s.Type == "Fail" || s.Type == "Succeed" {
			ends[at.state] = true
		}
		open = append(open, m.after(at, s)...)
	}
	return ends
}

func (m machine) after(at place, s state) (next []place) {
	add := func(to string, assign map[string]any) {
		next = append(next, place{to, at.problems || assign["problems"] != nil, at.iteration})
	}
	for _, c := range s.Choices {
		if at.problems && problemsCounted.MatchString(c.Condition) || at.iteration && errorsCounted.MatchString(c.Condition) {
			at.iteration = false
			next = nil
			add(c.Next, c.Assign)
			return next
		}
		add(c.Next, c.Assign)
	}
	for _, c := range s.Catch {
		add(c.Next, c.Assign)
	}
	if s.Default != "" {
		add(s.Default, nil)
	}
	switch outer := m.mapOf(at.state); {
	case s.Next != "":
		add(s.Next, nil)
	case s.End && outer != "": // the iteration is over, and with the others the Map
		add(m.States[outer].Next, m.States[outer].Assign)
	}
	return next
}

// mapOf is the Map that a state stands in, "" if it stands in none.
func (m machine) mapOf(name string) string {
	for outer, s := range m.States {
		if _, ok := s.ItemProcessor.States[name]; ok {
			return outer
		}
	}
	return ""
}

// caughtAt is where a Catch leads to.
func (m machine) caughtAt(name string, c catcher) place {
	output, _ := c.Output.(map[string]any)
	return place{c.Next, c.Assign["problems"] != nil, m.mapOf(name) != "" && output["error"] != nil}
}

// onlyDirty reports whether a way can end in nothing but FailedDirty.
func onlyDirty(ends map[string]bool) bool { return len(ends) == 1 && ends["FailedDirty"] }

// impatient are the rules of undoing that a machine breaks: what is put back is tried for longer than what is done; and
// when it fails all the same, somebody is woken. The same holds for any other step after whose failure something is left.
func impatient(m machine) (rules []string) {
	longest := 0.0
	for _, s := range m.all() {
		if s.Type == "Task" && s.patience("any error") == 0 {
			longest = max(longest, s.patience("Unavailable"))
		}
	}
	for name, s := range m.all() {
		if s.Type != "Task" || !strings.HasSuffix(s.Resource, "lambda:invoke") {
			continue
		}
		left := s.undoes()
		for _, c := range s.Catch {
			ends := m.endings(m.caughtAt(name, c))
			left = left || onlyDirty(ends)
			if s.undoes() && !onlyDirty(ends) {
				rules = append(rules, fmt.Sprintf("%s: when it fails, the run can end in %v", name, ends))
			}
		}
		if left && s.patience("any error") <= longest {
			rules = append(rules, fmt.Sprintf("%s: tries for %.0f s, and a step forward for %.0f s", name, s.patience("any error"), longest))
		}
	}
	return rules
}

func TestUndoingIsPatientAndItsFailureIsDirty(t *testing.T) {
	for _, name := range Names() {
		m := load(t, name)
		for _, rule := range impatient(m) {
			t.Errorf("%s: %s", name, rule)
		}
		undoing := 0
		for _, s := range m.all() {
			if s.undoes() {
				undoing++
			}
		}
		if undoing < 5 {
			t.Errorf("%s: only %d tasks undo", name, undoing)
		}
	}
}

// TestUndoingNoticesAFault plants one in the text of a machine at a time.
func TestUndoingNoticesAFault(t *testing.T) {
	edit := func(t *testing.T, states map[string]any, path ...string) map[string]any {
		t.Helper()
		at := states
		for _, step := range path {
			inner, ok := at[step].(map[string]any)
			if !ok {
				t.Fatalf("there is no %v", path)
			}
			at = inner
		}
		return at
	}
	first := func(s map[string]any, list string) map[string]any { return s[list].([]any)[0].(map[string]any) }
	tests := []struct {
		name, machine string
		path          []string
		spoil         func(map[string]any)
		want          string
	}{
		{"fewer attempts", "restart-services", []string{"RevertService"}, func(s map[string]any) { first(s, "Retry")["MaxAttempts"] = 2 }, "RevertService: tries for 15 s"},
		{"no retry", "update-regions", []string{"ReleaseLock"}, func(s map[string]any) { delete(s, "Retry") }, "ReleaseLock: tries for 0 s"},
		{"no retry in a Map", "update-regions", []string{"RestoreRegions", "ItemProcessor", "States", "RestoreRegion"},
			func(s map[string]any) { delete(s, "Retry") }, "RestoreRegion: tries for 0 s"},
		{"no retry of the last steps forward", "update-regions", []string{"BumpVersions"}, func(s map[string]any) { delete(s, "Retry") }, "BumpVersions: tries for 0 s"},
		{"called clean", "restart-services", []string{"UnfenceGroup"}, func(s map[string]any) { first(s, "Catch")["Next"] = "FailedClean" }, "UnfenceGroup: when it fails, the run can end in map[FailedClean"},
		{"a problem that is not noted", "restart-services", []string{"UnprotectTasks"}, func(s map[string]any) { delete(first(s, "Catch"), "Assign") }, "UnprotectTasks: when it fails"},
		{"problems that nobody counts", "restart-services", []string{"AllUndone?"}, func(s map[string]any) { first(s, "Choices")["Condition"] = "{% false %}" }, "UnprotectTasks: when it fails"},
		{"problems that are counted beside something else", "restart-services", []string{"AllUndone?"},
			func(s map[string]any) { first(s, "Choices")["Condition"] = "{% $acquired and $count($problems) > 0 %}" }, "UnprotectTasks: when it fails"},
		{"an iteration whose error is not told", "update-regions", []string{"RestoreRegions", "ItemProcessor", "States", "RestoreRegion"},
			func(s map[string]any) { delete(first(s, "Catch"), "Output") }, "RestoreRegion: when it fails"},
		{"errors of iterations that nobody counts", "update-regions", []string{"AllRestored?"}, func(s map[string]any) { delete(s, "Choices") }, "RestoreRegion: when it fails"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, err := Text(tt.machine)
			if err != nil {
				t.Fatal(err)
			}
			var whole map[string]any
			if err := json.Unmarshal(text, &whole); err != nil {
				t.Fatal(err)
			}
			tt.spoil(edit(t, whole["States"].(map[string]any), tt.path...))
			spoilt, err := json.Marshal(whole)
			if err != nil {
				t.Fatal(err)
			}
			var m machine
			if err := json.Unmarshal(spoilt, &m); err != nil {
				t.Fatal(err)
			}
			if rules := impatient(m); !slices.ContainsFunc(rules, func(r string) bool { return strings.HasPrefix(r, tt.want) }) {
				t.Errorf("rules broken: %q, want %s", rules, tt.want)
			}
		})
	}
}
