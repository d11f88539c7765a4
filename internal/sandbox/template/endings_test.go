package template

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/eventpattern"
)

// statusChange is the event of an execution's end, with the members that the service sends. error and cause are null
// unless they are given.
func statusChange(machine, name, status, failure, cause string) []byte {
	arn := "arn:aws:states:us-east-1:111122223333:"
	orNull := func(text string) any {
		if text == "" {
			return nil
		}
		return text
	}
	event, err := json.Marshal(map[string]any{
		"version": "0", "id": "315c1398-40ff-a850-213b-158f73e60175", "detail-type": "Step Functions Execution Status Change", "source": "aws.states",
		"account": "111122223333", "time": "2026-11-22T19:42:21Z", "region": "us-east-1", "resources": []string{arn + "execution:" + machine + ":" + name},
		"detail": map[string]any{
			"executionArn": arn + "execution:" + machine + ":" + name, "stateMachineArn": arn + "stateMachine:" + machine, "name": name, "status": status,
			"startDate": 1795377600000, "stopDate": 1795377900000, "input": "{}", "output": nil, "inputDetails": map[string]any{"included": true},
			"outputDetails": nil, "stateMachineVersionArn": nil, "stateMachineAliasArn": nil, "redriveCount": 0, "redriveDate": nil,
			"redriveStatus": "REDRIVABLE", "redriveStatusReason": nil, "error": orNull(failure), "cause": orNull(cause),
		},
	})
	if err != nil {
		panic(err) // texts can be encoded
	}
	return event
}

// told are the topics that hear of an event, each with its message.
func told(t *testing.T, rules []Rule, event []byte) map[string]string {
	t.Helper()
	messages := map[string]string{}
	for _, r := range rules {
		if r.Schedule != "" {
			continue
		}
		fits, err := eventpattern.Match(r.Pattern, event)
		if err != nil {
			t.Fatalf("%s: %v", r.Name, err)
		}
		for _, target := range r.Targets {
			if !fits {
				continue
			}
			message, err := target.Input(event)
			if err != nil {
				t.Errorf("%s: %v", r.Name, err)
			}
			messages[target.ID] += string(message)
		}
	}
	return messages
}

// TestWhoHearsOfAnEnding: whatever end leaves something behind without saying what wakes somebody.
func TestWhoHearsOfAnEnding(t *testing.T) {
	t.Parallel()
	const machine = "dbops-staging-update-regions"
	tests := []struct {
		name  string
		event []byte
		want  []string
	}{
		{"it began", statusChange(machine, "may", "RUNNING", "", ""), nil},
		{"it succeeded", statusChange(machine, "may", "SUCCEEDED", "", ""), nil},
		{"it cleaned up", statusChange(machine, "may", "FAILED", "FailedClean", "why"), []string{"notifications"}},
		{"it says what is left", statusChange(machine, "may", "FAILED", "FailedDirty", `{"left":[]}`), []string{"notifications"}}, // the alarm pages
		{"no state can catch it", statusChange(machine, "may", "FAILED", "States.Runtime", "why"), []string{"notifications", "pages"}},
		{"too much data", statusChange(machine, "may", "FAILED", "States.DataLimitExceeded", "why"), []string{"notifications", "pages"}},
		{"it was aborted", statusChange(machine, "may", "ABORTED", "", ""), []string{"pages"}},
		{"it was aborted with a word", statusChange(machine, "may", "ABORTED", "Stopped", `by "me"`), []string{"pages"}},
		{"it timed out", statusChange(machine, "may", "TIMED_OUT", "States.Timeout", "why"), []string{"pages"}},
		{"a nested restart was aborted", statusChange("dbops-staging-restart-services", "may-restart", "ABORTED", "", ""), []string{"pages"}},
		{"production's", statusChange("dbops-production-update-regions", "may", "ABORTED", "", ""), nil},
		{"another machine", statusChange("nightly", "may", "FAILED", "States.Runtime", "why"), nil},
	}
	rules := example(t, "staging").Rules
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for topic := range told(t, rules, tt.event) {
				got = append(got, topic)
			}
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

const (
	restartARN = "arn:aws:states:us-east-1:111122223333:execution:dbops-staging-restart-services:may-restart"
	console    = "https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/v2/executions/details/"
	// listLeft is the command that messages hold, with the execution's ARN in its place.
	listLeft = "aws stepfunctions describe-execution --profile district-builder --region us-east-1 --execution-arn '" + restartARN + "' --query input --output text" +
		" | jq -c --arg name 'may-restart' '{run: (.lock?.run? // $name), lock: true}'" +
		" | aws lambda invoke --profile district-builder --region us-east-1 --function-name dbops-staging-list-left --payload fileb:///dev/stdin /dev/stdout" +
		" | jq -r 'if .left then .run, (.left[] | .left, .command) else . end'"
)

// TestAPageAsItIsRead: what arrives are these lines, each within quotation marks, and no sign in them is escaped.
func TestAPageAsItIsRead(t *testing.T) {
	t.Parallel()
	rules := example(t, "staging").Rules
	for what, event := range map[string][]byte{
		"ended as ABORTED.":   statusChange("dbops-staging-restart-services", "may-restart", "ABORTED", "", ""),
		"ended as TIMED_OUT.": statusChange("dbops-staging-restart-services", "may-restart", "TIMED_OUT", "States.Timeout", "why"),
		"failed with States.Runtime, which no state catches.": statusChange("dbops-staging-restart-services", "may-restart", "FAILED", "States.Runtime", `a "cause"`),
	} {
		want := []string{
			"DistrictBuilder Staging: execution may-restart " + what,
			"Machine: arn:aws:states:us-east-1:111122223333:stateMachine:dbops-staging-restart-services",
			console + restartARN,
			"It put nothing back. If it is a restart inside an update that still runs, wait: the update puts things back, or pages in its turn. " +
				"Else the command in the next line lists what the run left, and a command for each thing, in order.",
			listLeft,
			"Paste it without the quotation marks around it, and again when all that is done, until it lists nothing. " +
				"It needs aws and jq; in AWS CloudShell, which has both, leave out --profile.",
		}
		if diff := cmp.Diff(`"`+strings.Join(want, "\"\n\"")+`"`, told(t, rules, event)["pages"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

// TestANotificationAsItIsRead: the cause of a failure arrives whole, though it is JSON itself.
func TestANotificationAsItIsRead(t *testing.T) {
	t.Parallel()
	const cause = `{"cause":"see \"problems\"","left":[{"command":"aws lambda invoke --payload '{\"run\":\"may\"}'"}]}` + "\nend"
	message := told(t, example(t, "staging").Rules, statusChange("dbops-staging-restart-services", "may-restart", "FAILED", "FailedDirty", cause))["notifications"]
	var got map[string]string
	if err := json.Unmarshal([]byte(message), &got); err != nil {
		t.Fatalf("%v: %s", err, message)
	}
	want := map[string]string{
		"DistrictBuilder Staging": "execution may-restart ended as FAILED",
		"error":                   "FailedDirty",
		"cause":                   cause,
		"FailedClean":             "Everything is as it was before. Read the cause, mend it, start again.",
		"FailedDirty":             "Something is left, and a page tells of it too. The command below lists what, and a command for each thing, in order.",
		"any other error":         "Nothing was put back, and a page tells of it too. The command below lists what is left.",
		"command":                 listLeft,
		"machine":                 "arn:aws:states:us-east-1:111122223333:stateMachine:dbops-staging-restart-services",
		"console":                 console + restartARN,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !strings.Contains(message, `"`+listLeft+`"`) {
		t.Errorf("the command is not written as it is to be pasted: %s", message)
	}
}

// fakeAWS answers as the aws command would: first with an execution's input, then with what list-left returns to the
// payload on its standard input, and the call's own answer after it.
const fakeAWS = `#!/bin/sh
case "$1 $2" in
"stepfunctions describe-execution") echo "$INPUT" ;;
"lambda invoke") cat >"$PAYLOAD"; echo "$ANSWER"; echo '{"StatusCode": 200, "ExecutedVersion": "$LATEST"}' ;;
*) exit 1 ;;
esac
`

// TestTheCommandOfAMessageWorks pastes it into a shell.
func TestTheCommandOfAMessageWorks(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("jq"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("continuous integration must have jq")
		}
		t.Skip("jq is not installed")
	}
	const answer = `{"run":"may","left":[{"step":"s","left":"a raised group","command":"aws lambda invoke --payload '{\"run\":\"may\"}' /dev/stdout"}]}`
	tests := []struct{ name, input, answer, payload, want string }{
		{"a nested restart", `{"reason":"r","lock":{"owner":"arn:x:may","run":"may"}}`, answer, `{"run":"may","lock":true}`,
			"may\na raised group\naws lambda invoke --payload '{\"run\":\"may\"}' /dev/stdout\n"},
		{"a restart of its own", `{"reason":"r"}`, `{"run":"may-restart","left":[]}`, `{"run":"may-restart","lock":true}`, "may-restart\n"},
		{"an input that is no object", `[1]`, `{"run":"may-restart","left":[]}`, `{"run":"may-restart","lock":true}`, "may-restart\n"},
		{"the function fails", `{}`, `{"errorType":"Unavailable","errorMessage":"S3"}`, `{"run":"may-restart","lock":true}`, `"errorType": "Unavailable"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "aws"), []byte(fakeAWS), 0o755); err != nil {
				t.Fatal(err)
			}
			shell := exec.CommandContext(t.Context(), "bash", "-c", listLeft)
			shell.Env = append(os.Environ(), fmt.Sprintf("PATH=%s:%s", dir, os.Getenv("PATH")), "INPUT="+tt.input, "ANSWER="+tt.answer, "PAYLOAD="+filepath.Join(dir, "payload"))
			out, err := shell.CombinedOutput()
			if err != nil || !strings.Contains(string(out), tt.want) {
				t.Errorf("%v\n%s\nwant %s", err, out, tt.want)
			}
			if payload, err := os.ReadFile(filepath.Join(dir, "payload")); err != nil || strings.TrimSpace(string(payload)) != tt.payload {
				t.Errorf("payload %s, want %s (%v)", payload, tt.payload, err)
			}
		})
	}
}
