package deployed

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
)

// function is Lambda with one function.
type function struct {
	name, answer string
	failed       bool
	err          error
	asked        string
}

func (f *function) Invoke(_ context.Context, in *lambda.InvokeInput, _ ...func(*lambda.Options)) (*lambda.InvokeOutput, error) {
	f.asked = string(in.Payload)
	if f.err != nil || *in.FunctionName != f.name {
		return nil, errors.Join(f.err, errors.New("Function not found: "+*in.FunctionName))
	}
	out := &lambda.InvokeOutput{Payload: []byte(f.answer)}
	if f.failed {
		out.FunctionError = aws.String("Unhandled")
	}
	return out, nil
}

func TestList(t *testing.T) {
	f := &function{name: "dbops-staging-list-left", answer: `{"run":"r1","left":[{"step":"fence-group","left":"it is fenced","command":"aws …"}],"more":2}`}
	got, err := List(t.Context(), f, staging(), "r1")
	if err != nil {
		t.Fatal(err)
	}
	want := journal.ListLeftOutput{Run: "r1", Left: []journal.Left{{Step: "fence-group", Left: "it is fenced", Command: "aws …"}}, More: 2}
	if diff := cmp.Diff(want, got); diff != "" || f.asked != `{"run":"r1","lock":true}` {
		t.Errorf("asked %s; %s", f.asked, diff)
	}
	tests := []struct {
		name, run string
		f         *function
		says      string
	}{
		{"a bad name", "r 1; rm", &function{}, "run \"r 1; rm\""},
		{"Lambda does not answer", "r1", &function{name: f.name, err: errors.New("AccessDenied")}, "AccessDenied"},
		{"the function fails", "r1", &function{name: f.name, failed: true, answer: `{"errorType":"Unavailable","errorMessage":"S3 is slow"}`}, "Unavailable: S3 is slow"},
		{"an answer of another kind", "r1", &function{name: f.name, answer: `[]`}, "not what was expected"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := List(t.Context(), tt.f, staging(), tt.run); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error = %v; want %q", err, tt.says)
			}
			if tt.name == "a bad name" && tt.f.asked != "" {
				t.Error("the function was called")
			}
		})
	}
}

func TestCommandsReachTheAccountAsTheCallerDoes(t *testing.T) {
	const piped = `printf %s '{"run":"r1"}' | aws lambda invoke --profile district-builder --region us-east-1 --function-name 'x' --payload fileb:///dev/stdin /dev/stdout`
	tests := []struct {
		name    string
		c       Caller
		command string
		want    string
	}{
		{"as it stands", Caller{Profile: "district-builder", Region: "us-east-1"}, piped, piped},
		{"another profile and region", Caller{Profile: "me", Region: "us-west-2"}, piped, strings.Replace(strings.Replace(piped, "district-builder", "me", 1), "us-east-1", "us-west-2", 1)},
		{"functions of another region", Caller{Profile: "me", Region: "eu-west-1"}, strings.Replace(piped, "us-east-1", "eu-west-1", 1),
			strings.Replace(strings.Replace(piped, "district-builder", "me", 1), "us-east-1", "eu-west-1", 1)},
		{"default credentials elsewhere", Caller{Region: "us-east-1", Endpoint: "http://127.0.0.1:4566"}, piped,
			`printf %s '{"run":"r1"}' | aws lambda invoke --region us-east-1 --endpoint-url http://127.0.0.1:4566 --function-name 'x' --payload fileb:///dev/stdin /dev/stdout`},
		{"a command of another form", Caller{Profile: "me"}, "echo nothing", "echo nothing"},
		{"a payload with the same words", Caller{Profile: "me", Region: "us-east-1"}, `printf %s '{"reason":"` + asListed + `"}' | ` + asListed + "x",
			`printf %s '{"reason":"` + asListed + `"}' | aws lambda invoke --profile me --region us-east-1 x`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.c.adapt(tt.command); got != tt.want {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestTellLeft(t *testing.T) {
	c := Caller{Profile: "district-builder", Region: "us-east-1"}
	if got := c.TellLeft(journal.ListLeftOutput{Run: "r1"}); len(got) != 1 || got[0] != "run r1 has left nothing" {
		t.Errorf("%q", got)
	}
	var l journal.ListLeftOutput
	if err := json.Unmarshal([]byte(`{"run":"r1","left":[{"step":"a","left":"x\ny","command":"c1"},{"step":"b","left":"z","command":"c2"}],"more":3}`), &l); err != nil {
		t.Fatal(err)
	}
	want := []string{"run r1 has left 5. " + how, "", "# a: x y", "c1", "# b: z", "c2", "", "3 more do not fit here: run these, then ask again: dbops left r1"}
	if diff := cmp.Diff(want, c.TellLeft(l)); diff != "" {
		t.Error(diff)
	}
}
