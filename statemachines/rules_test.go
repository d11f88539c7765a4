package statemachines

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// The rules of docs/architecture.md for state machines as files, beyond what the interpreter's own Parse refuses.

type state struct {
	Type, Comment, Resource, QueryLanguage string
	Next, Default                          string
	End                                    bool
	Arguments                              struct {
		FunctionName string
		Payload      any
	}
	TimeoutSeconds int
	Retry          []retrier
	Catch          []catcher
	Choices        []choice
	Assign         map[string]any
	Output         any
	ItemProcessor  struct{ States map[string]state }
}

type retrier struct {
	ErrorEquals     []string
	IntervalSeconds float64
	MaxAttempts     *int
	BackoffRate     float64
	MaxDelaySeconds int
	JitterStrategy  string
}

type catcher struct {
	Comment, Next string
	ErrorEquals   []string
	Assign        map[string]any
	Output        any
}

type choice struct {
	Condition, Next string
	Assign          map[string]any
}

type machine struct {
	Comment, QueryLanguage string
	TimeoutSeconds         int
	States                 map[string]state
}

func load(t *testing.T, name string) machine {
	t.Helper()
	text, err := Text(name)
	if err != nil {
		t.Fatal(err)
	}
	var m machine
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// all are the states of a machine, those inside Maps too.
func (m machine) all() map[string]state {
	found := maps.Clone(m.States)
	for _, s := range m.States {
		maps.Copy(found, s.ItemProcessor.States)
	}
	return found
}

// transient are the errors after which the same call may succeed; each Task that invokes a function retries them.
var transient = []string{"Unavailable", "Lambda.ClientExecutionTimeoutException", "Lambda.ServiceException",
	"Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException"}

// asleep are the errors of a function in a VPC that nobody has called for weeks: Lambda has taken its network interfaces
// back, and calls fail until it has others, in a minute or a few. Releases are months apart, so this is the normal case.
// https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
var asleep = []string{"Lambda.ResourceNotReadyException", "Lambda.ENINotReadyException", "Lambda.CodeArtifactUserPendingException"}

// inVPC are the placeholders of the functions that speak SQL.
var inVPC = []string{"${FindRegions}", "${BumpVersions}", "${SetRegionUri}"}

// broken are the rules that a state breaks.
func broken(name string, s state) (rules []string) {
	say := func(format string, args ...any) { rules = append(rules, name+": "+fmt.Sprintf(format, args...)) }
	if s.Comment == "" {
		say("has no Comment")
	}
	if !regexp.MustCompile(`^[A-Z][A-Za-z]*\??$`).MatchString(name) || !unicode.IsUpper(rune(name[0])) {
		say("is not a Pascal verb phrase")
	}
	if strings.HasSuffix(name, "?") != (s.Type == "Choice") {
		say("a Choice, and nothing else, ends in a question mark")
	}
	if s.Type != "Task" {
		return rules
	}
	if s.TimeoutSeconds == 0 {
		say("has no TimeoutSeconds")
	}
	if strings.HasSuffix(s.Resource, "lambda:invoke") {
		for _, e := range transient {
			if !s.retries(e) {
				say("does not retry %s", e)
			}
		}
	}
	if slices.Contains(inVPC, s.Arguments.FunctionName) {
		for _, e := range asleep {
			if mean := s.patience(e) / 2; mean < 5*60 { // full jitter takes half of each wait, on the average
				say("waits %.0f seconds for its function in the VPC to wake up (%s)", mean, e)
			}
		}
	}
	for _, r := range s.Retry {
		if r.MaxAttempts != nil && *r.MaxAttempts == 0 {
			continue
		}
		if r.MaxDelaySeconds == 0 || r.JitterStrategy != "FULL" {
			say("a Retry has no MaxDelaySeconds or no full jitter")
		}
	}
	if !s.catchesAll() {
		say("does not catch States.ALL alone and last")
	}
	for _, c := range s.Catch {
		if c.Comment == "" {
			say("a Catch does not say what is left behind")
		}
	}
	return rules
}

func (s state) retries(e string) bool {
	return slices.ContainsFunc(s.Retry, func(r retrier) bool {
		return slices.Contains(r.ErrorEquals, e) || slices.Contains(r.ErrorEquals, "States.ALL")
	})
}

// mapCatches are the Tasks whose errors their Map catches, by name: it fails early on purpose, because what it abandons
// writes nothing that is live.
var mapCatches = map[string]string{"BackUpRegion": "BackUpRegions"}

// catchesAll reports whether a state catches States.ALL, alone and last.
func (s state) catchesAll() bool {
	return len(s.Catch) > 0 && slices.Equal(s.Catch[len(s.Catch)-1].ErrorEquals, []string{"States.ALL"})
}

func TestMachinesKeepTheRules(t *testing.T) {
	for _, name := range Names() {
		m := load(t, name)
		if m.QueryLanguage != "JSONata" || m.TimeoutSeconds == 0 || !strings.HasPrefix(m.Comment, name+": ") {
			t.Errorf("%s: expected JSONata, a timeout, and a Comment that begins with the name", name)
		}
		for stateName, s := range m.all() {
			for _, rule := range broken(stateName, s) {
				outer := m.States[mapCatches[stateName]]
				if _, inMap := outer.ItemProcessor.States[stateName]; inMap && outer.catchesAll() && strings.HasSuffix(rule, "States.ALL alone and last") {
					continue
				}
				t.Errorf("%s: %s", name, rule)
			}
		}
		for _, end := range []string{"FailedClean", "FailedDirty"} {
			if m.States[end].Type != "Fail" {
				t.Errorf("%s has no end %s", name, end)
			}
		}
	}
}

func TestRulesNoticeAFault(t *testing.T) {
	good := load(t, "restart-services").States["FenceGroup"]
	if rules := broken("FenceGroup", good); rules != nil {
		t.Fatalf("the good state breaks %q", rules)
	}
	tests := []struct {
		name  string
		state string
		spoil func(*state)
	}{
		{"no comment", "FenceGroup", func(s *state) { s.Comment = "" }},
		{"no timeout", "FenceGroup", func(s *state) { s.TimeoutSeconds = 0 }},
		{"no retry", "FenceGroup", func(s *state) { s.Retry = nil }},
		{"no jitter", "FenceGroup", func(s *state) { s.Retry = slices.Clone(s.Retry); s.Retry[0].JitterStrategy = "" }},
		{"no catch", "FenceGroup", func(s *state) { s.Catch = nil }},
		{"a catch without words", "FenceGroup", func(s *state) { s.Catch = slices.Clone(s.Catch); s.Catch[0].Comment = "" }},
		{"a Task that asks", "Fenced?", func(*state) {}},
		{"a name in lower case", "fenceGroup", func(*state) {}},
		{"no patience with a function in the VPC", "FenceGroup", func(s *state) { s.Arguments.FunctionName = "${BumpVersions}" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := good
			tt.spoil(&s)
			if broken(tt.state, s) == nil {
				t.Error("no rule noticed it")
			}
		})
	}
}
