package deployed

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
)

type invokesFunctions interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// List asks list-left what a run has left behind, the lock included. It changes nothing.
func List(ctx context.Context, client invokesFunctions, e Environment, run string) (journal.ListLeftOutput, error) {
	in := journal.ListLeftInput{Run: run, Lock: true}
	if err := in.Validate(); err != nil {
		return journal.ListLeftOutput{}, err
	}
	payload, err := json.Marshal(in)
	if err != nil {
		return journal.ListLeftOutput{}, err
	}
	out, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(e.FunctionPrefix + "list-left"), Payload: payload})
	if err != nil {
		return journal.ListLeftOutput{}, fmt.Errorf("list what run %s left: %w", run, err)
	}
	if out.FunctionError != nil {
		return journal.ListLeftOutput{}, fmt.Errorf("list what run %s left: %s", run, brief(aws.ToString(out.FunctionError), string(out.Payload)))
	}
	var answer journal.ListLeftOutput
	if err := json.Unmarshal(out.Payload, &answer); err != nil {
		return journal.ListLeftOutput{}, fmt.Errorf("list what run %s left: the answer is not what was expected: %w", run, err)
	}
	return answer, nil
}

// Caller is how commands reach the account: what the operator's own calls use.
type Caller struct {
	Profile, Region string // an empty profile is the default credentials
	Endpoint        string // empty is AWS
}

// theirs is how the functions, which do not know who will paste a command, have it reach the account.
var theirs = regexp.MustCompile(`aws lambda invoke --profile district-builder --region [a-z0-9-]+ `)

// adapt makes a command reach the account as the caller does.
func (c Caller) adapt(command string) string {
	ours := "aws lambda invoke "
	for _, o := range []struct{ name, value string }{{"--profile ", c.Profile}, {"--region ", c.Region}, {"--endpoint-url ", c.Endpoint}} {
		if o.value != "" {
			ours += o.name + o.value + " "
		}
	}
	all := theirs.FindAllStringIndex(command, -1)
	if all == nil {
		return command
	}
	last := all[len(all)-1] // a payload that stands before it could hold the same text
	return command[:last[0]] + ours + command[last[1]:]
}

// Commands are lines to paste into a shell: each thing that is left as a comment, and below it the command that sets
// it right.
func (c Caller) Commands(left []journal.Left) []string {
	var shown []string
	for _, l := range left {
		shown = append(shown, "# "+strings.ReplaceAll(l.Step+": "+l.Left, "\n", " "), c.adapt(l.Command))
	}
	return shown
}

// TellLeft says what a run has left.
func (c Caller) TellLeft(l journal.ListLeftOutput) []string {
	if len(l.Left) == 0 {
		return []string{"run " + l.Run + " has left nothing"}
	}
	told := []string{fmt.Sprintf("run %s has left %d. %s", l.Run, len(l.Left)+l.More, how), ""}
	told = append(told, c.Commands(l.Left)...)
	if l.More > 0 {
		told = append(told, "", fmt.Sprintf("%d more do not fit here: run these, then ask again: dbops left %s", l.More, l.Run))
	}
	return told
}

const how = `Run the commands in this order. Each may be repeated, and must be while its answer says "done":false.`
