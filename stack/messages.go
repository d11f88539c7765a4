package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

// The values that messages take from an event. EventBridge puts them into the template as they are, so within quotation
// marks only those may stand that can hold none: names, ARNs, a status, the name of an error. A cause stands alone, where
// EventBridge writes it as JSON. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
var (
	always = map[string]any{
		"name": "$.detail.name", "status": "$.detail.status", "machine": "$.detail.stateMachineArn", "execution": "$.detail.executionArn",
	}
	withError = extended(always, "error")
	withCause = extended(withError, "cause")
)

func extended(paths map[string]any, member string) map[string]any {
	more := maps.Clone(paths)
	more[member] = "$.detail." + member
	return more
}

// pageMessage is read by whoever is woken: a line each, within quotation marks, because EventBridge wants each to be a
// JSON text. A quotation mark inside would arrive with a backslash before it, so there is none, in the command either.
func (e environment) pageMessage(what string) string {
	lines := []string{
		"DistrictBuilder " + e.Name + ": execution <name> " + what,
		"Machine: <machine>",
		e.consoleLink() + "<execution>",
		"It put nothing back. If it is a restart inside an update that still runs, wait: the update puts things back, or pages in its turn. " +
			"Else the command in the next line lists what the run left, and a command for each thing, in order.",
		e.listLeftCommand(),
		"Paste it without the quotation marks around it, and again when all that is done, until it lists nothing. " +
			"It needs aws and jq; in AWS CloudShell, which has both, leave out --profile.",
	}
	for i, line := range lines {
		lines[i] = inJSON(line)
	}
	return strings.Join(lines, "\n")
}

// failedMessage is an object, so that it can hold the cause, which is JSON itself. EventBridge sends it in one line.
func (e environment) failedMessage() string {
	members := [][2]string{
		{"DistrictBuilder " + e.Name, inJSON("execution <name> ended as <status>")},
		{"error", "<error>"},
		{"cause", "<cause>"},
		{"FailedClean", inJSON("Everything is as it was before. Read the cause, mend it, start again.")},
		{"FailedDirty", inJSON("Something is left, and a page tells of it too. The command below lists what, and a command for each thing, in order.")},
		{"any other error", inJSON("Nothing was put back, and a page tells of it too. The command below lists what is left.")},
		{"command", inJSON(e.listLeftCommand())},
		{"machine", inJSON("<machine>")},
		{"console", inJSON(e.consoleLink() + "<execution>")},
	}
	var written []string
	for _, m := range members {
		written = append(written, inJSON(m[0])+":"+m[1])
	}
	return "{" + strings.Join(written, ",") + "}"
}

// listLeftCommand asks list-left what the run of an execution left, and writes the commands as they are to be pasted.
// A nested restart is given its run in its input; any other execution is named as its run is.
func (e environment) listLeftCommand() string {
	aws := func(command string) string {
		service, operation, _ := strings.Cut(command, " ")
		return fmt.Sprintf("aws %s %s --profile district-builder --region %s", service, operation, e.Region)
	}
	return strings.Join([]string{
		aws("stepfunctions describe-execution") + " --execution-arn '<execution>' --query input --output text",
		"jq -c --arg name '<name>' '{run: (.lock?.run? // $name), lock: true}'",
		aws("lambda invoke") + " --function-name " + e.named("list-left") + " --payload fileb:///dev/stdin /dev/stdout",
		"jq -r 'if .left then .run, (.left[] | .left, .command) else . end'",
	}, " | ")
}

// inJSON writes a text as JSON, in which < and > stand as they are.
func inJSON(text string) string {
	var out strings.Builder
	encode := json.NewEncoder(&out)
	encode.SetEscapeHTML(false)
	if err := encode.Encode(text); err != nil {
		panic(err) // a text can be encoded
	}
	return strings.TrimSuffix(out.String(), "\n")
}
