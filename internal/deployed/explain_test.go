package deployed

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// nest puts an error inside another's cause, as each level of machines does.
func nest(name string, cause any) string {
	text, ok := cause.(string)
	if !ok {
		encoded, _ := json.Marshal(cause)
		text = string(encoded)
	}
	encoded, _ := json.Marshal(map[string]string{"Error": name, "Cause": text})
	return string(encoded)
}

func TestExplain(t *testing.T) {
	function := `{"errorType":"EnvironmentLocked","errorMessage":"staging is locked by run r1\nwait for it","stackTrace":[]}`
	failing := map[string]any{"why": "failing: 0 of 4 new tasks healthy", "diagnosis": []map[string]any{
		{"region": "s3://b/PA/", "file": "topo.json", "problem": "it is empty", "fix": "upload it again", "tries": 3, "task": "t"}}}
	tests := []struct {
		name, error, cause, innermost string
		message                       []string
	}{
		{"plain", "FailedClean", "no cause was recorded", "FailedClean", []string{"no cause was recorded"}},
		{"nothing", "", "", "", nil},
		{"a function's", "FailedClean", nest("EnvironmentLocked", function), "EnvironmentLocked", []string{"staging is locked by run r1", "wait for it"}},
		{"a function's without a type", "Unhandled", `{"errorMessage":"it crashed"}`, "Unhandled", []string{"it crashed"}},
		{"a list of findings", "FailedClean", nest("RegionDataInvalid", "the data is not fit:\n- a.buf: short"), "RegionDataInvalid", []string{"the data is not fit:", "- a.buf: short"}},
		{"a nested restart's", "FailedClean", nest("States.TaskFailed", nest("FailedClean", nest("NewTasksFailing", failing))), "NewTasksFailing",
			[]string{"failing: 0 of 4 new tasks healthy", "s3://b/PA/ topo.json: it is empty", "  to do: upload it again"}},
		{"cut off", "FailedClean", nest("NewTasksFailing", failing)[:40], "FailedClean", []string{nest("NewTasksFailing", failing)[:40]}},
		{"other JSON", "X", `{"a":1}`, "X", []string{`{"a":1}`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			innermost, message := explain(tt.error, tt.cause)
			if diff := cmp.Diff(tt.message, message); diff != "" || innermost != tt.innermost {
				t.Errorf("%s, want %s; %s", innermost, tt.innermost, diff)
			}
		})
	}
}

func TestBriefIsOneShortLine(t *testing.T) {
	if got := brief("FailedClean", nest("RegionDataInvalid", "first\nsecond")); got != "RegionDataInvalid: first" {
		t.Error(got)
	}
	if got := brief("Unavailable", strings.Repeat("é", 500)); len([]rune(got)) != 200 || !strings.HasSuffix(got, "é…") {
		t.Errorf("%d characters: %s", len([]rune(got)), got)
	}
}
