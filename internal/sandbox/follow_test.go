package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

// left is one thing that FailedDirty or list-left names.
type left struct{ Step, Left, Command string }

// followCommands does what FailedDirty says, as a person would; afterwards nothing may be left, the lock included, and
// tasks, data and versions agree.
func (tr *trial) followCommands(c course, r *asl.Result) {
	tr.t.Helper()
	var cause struct{ Left []left }
	if err := json.Unmarshal([]byte(r.Cause), &cause); err != nil {
		tr.t.Fatalf("the cause is not as it should be: %v: %s", err, r.Cause)
	}
	for _, l := range cause.Left {
		tr.follow(c, l)
	}
	tr.settle()
	tr.must(tr.audit.Restored)
	if c.machine == "update-regions" {
		tr.agreed()
	}
	if tr.t.Failed() {
		tr.t.Logf("cause: %s", r.Cause)
	}
}

// settle lets the tasks that are loading finish: an hour in which nothing else happens.
func (tr *trial) settle() {
	for range 60 {
		tr.later(time.Minute)
		tr.env.Fleet.Advance(tr.account.Now())
	}
}

func (tr *trial) later(by time.Duration) {
	now := tr.account.Now().Add(by)
	tr.account.now.Store(&now)
}

// agreed: what was updated is either new, its version too, or as it was before, and healthy tasks hold what is live.
func (tr *trial) agreed() {
	tr.t.Helper()
	ctx := context.Background()
	unchanged, err := tr.audit.Unchanged(ctx)
	if err != nil {
		tr.t.Fatal(err)
	}
	updated, err := tr.audit.Updated(ctx)
	if err != nil {
		tr.t.Fatal(err)
	}
	if len(unchanged) > 0 && len(updated) > 0 {
		tr.t.Errorf("after all commands the data is neither old nor new: %q; %q", unchanged, updated)
	}
	tr.must(tr.audit.Served)
}

// follow carries a command out, again while it says that it is not done, and what list-left lists after it.
func (tr *trial) follow(c course, l left) {
	tr.t.Helper()
	args, stdin := tr.typed(l.Command)
	if l.Left == "" || len(args) < 2 {
		tr.t.Errorf("left %+v: expected words and a command", l)
		return
	}
	switch strings.Join(args[:2], " ") {
	case "stepfunctions start-execution":
		tr.settle() // until the fleet is steady, as the words say
		tr.again(after(args, "--state-machine-arn"), after(args, "--input"))
	case "lambda invoke":
		f, ok := tr.account.functionNamed(after(args, "--function-name"))
		if !ok || after(args, "--payload") != "fileb:///dev/stdin" {
			tr.t.Errorf("no such function, or no payload: %s", l.Command)
			return
		}
		tr.repeat(c, l, f, stdin)
	default:
		tr.t.Errorf("what is %q?", l.Command)
	}
}

func (tr *trial) repeat(c course, l left, f *Function, payload string) {
	tr.t.Helper()
	for range 50 {
		tr.later(time.Minute)
		text, err := tr.account.invoke(f, []byte(payload))
		var failed *FunctionError
		if errors.As(err, &failed) {
			switch {
			case failed.Type == "Unavailable":
				continue // a throttle, or a host that is being removed
			case failed.Type == "ProtectionRefused" && strings.HasSuffix(c.name, "without protection"):
				return // this ECS refuses protection, and the command says so
			}
		}
		if err != nil {
			tr.t.Errorf("%s: %v", l.Command, err)
			return
		}
		var answer struct {
			Done *bool
			Left []left
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			tr.t.Fatal(err)
		}
		for _, more := range answer.Left { // list-left's
			tr.follow(c, more)
		}
		if answer.Done == nil || *answer.Done {
			return
		}
	}
	tr.t.Errorf("%s never said that it was done", l.Command)
}

// again runs a machine to its success, in a bubble of its own.
func (tr *trial) again(machine, input string) {
	tr.t.Helper()
	tr.fail = nil
	audit := tr.audit
	defer func() { tr.audit = audit }()
	tr.audit = nil // which looks at the run that failed
	tr.clock.set(tr.account.Now())
	if r := tr.execute(machine, []byte(input)); r.Status != asl.Succeeded {
		tr.t.Errorf("%s %s: %s %s", machine, input, r.Error, r.Cause)
	}
}

// typed lets a shell run a command, in which "aws" only notes what it is given.
func (tr *trial) typed(command string) (args []string, stdin string) {
	tr.t.Helper()
	dir := tr.t.TempDir()
	noted := filepath.Join(dir, "noted")
	if err := os.WriteFile(filepath.Join(dir, "aws"), []byte("#!/bin/sh\nprintf '%s\\0' \"$@\"; printf '\\0'; cat\n"), 0o700); err != nil {
		tr.t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", "{ "+command+" </dev/null\n} >"+noted)
	if strings.Contains(command, "|") { // whose standard input is the pipe
		cmd = exec.Command("sh", "-c", "{ "+command+"\n} >"+noted)
	}
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		tr.t.Fatalf("%s: %v: %s", command, err, out)
	}
	text, err := os.ReadFile(noted)
	if err != nil {
		tr.t.Fatal(err)
	}
	before, stdin, _ := strings.Cut(string(text), "\x00\x00")
	return strings.Split(before, "\x00"), stdin
}

// after is the argument that follows a flag.
func after(args []string, flag string) string {
	if i := slices.Index(args, flag); i >= 0 && i+1 < len(args) {
		return args[i+1]
	}
	return ""
}

// TestCommandsAreUnderstood proves that typed sees what a shell makes of a command.
func TestCommandsAreUnderstood(t *testing.T) {
	tr := &trial{t: t}
	args, stdin := tr.typed(`printf %s '{"a":"it'\''s"}' | aws lambda invoke --function-name 'x y' --payload fileb:///dev/stdin`)
	if want := []string{"lambda", "invoke", "--function-name", "x y", "--payload", "fileb:///dev/stdin"}; !slices.Equal(args, want) || stdin != `{"a":"it's"}` {
		t.Errorf("args = %q, stdin = %q", args, stdin)
	}
}
