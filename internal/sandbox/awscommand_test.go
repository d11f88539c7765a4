package sandbox

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestAWSCommand runs the aws command as dbops sandbox tells people to, and against each of the services.
func TestAWSCommand(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the aws command is not installed; the SDK's tests make the same calls")
	}
	tr := newTrial(t, func(o *Options) { o.Bubble, o.Clock = false, NewPacedClock(time.Now(), 100) })
	tr.upload()
	dir := t.TempDir()
	file := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(file, []byte("some text"), 0o600); err != nil {
		t.Fatal(err)
	}
	names := tr.env.Fleet.Names
	tasks := tr.env.Fleet.Snapshot().Tasks
	machine := machineARN("dbops-staging-update-regions")
	e, err := tr.account.StartExecution(machine, "seen", []byte(`{"regions": []}`))
	if err != nil {
		t.Fatal(err)
	}
	e.Wait()
	// A task's log has the probes that fail while it loads, so one of them must start anew.
	if err := tr.env.Fleet.KillTask(tasks[0].ARN, 1); err != nil {
		t.Fatal(err)
	}
	loading := make(chan struct{})
	tr.account.clock.AfterFunc(5*time.Minute, func() { close(loading) })
	<-loading
	bucket := "s3://" + tr.env.DataBucket
	for _, tt := range []struct{ line, want string }{
		{"sts get-caller-identity", AccountID},
		{"stepfunctions list-state-machines", machine},
		{"stepfunctions describe-state-machine --state-machine-arn " + machine, "ACTIVE"},
		{"stepfunctions describe-execution --execution-arn " + e.ARN, "FAILED"},
		{"stepfunctions get-execution-history --reverse-order --max-items 2 --execution-arn " + e.ARN, "ExecutionFailed"},
		{"ssm get-parameters-by-path --recursive --path /dbops/staging", "/dbops/staging/machines/update-regions"},
		{"ecs describe-services --cluster " + names.Cluster + " --services " + names.Service, "runningCount"},
		{"ecs list-tasks --cluster " + names.Cluster, tasks[1].ARN},
		{"autoscaling describe-auto-scaling-groups --auto-scaling-group-names " + names.Group, "DesiredCapacity"},
		{"elbv2 describe-target-health --target-group-arn " + names.TargetGroupARN, "healthy"},
		{"cloudwatch describe-alarms", "StateValue"},
		{"logs filter-log-events --log-group-name " + names.LogGroup + " --max-items 5", "HealthCheckService"},
		{"sns publish --topic-arn arn:aws:sns:us-east-1:111122223333:dbops-staging-notifications --subject hello --message world", "MessageId"},
		{"s3 cp " + file + " " + bucket + "/some/notes.txt", "upload"},
		{"s3 ls " + bucket + "/some/", "notes.txt"},
		{"s3 cp " + bucket + "/some/notes.txt -", "some text"},
	} {
		if out, err := tr.aws("", strings.Fields(tt.line)...); err != nil || !strings.Contains(out, tt.want) {
			t.Errorf("aws %s: %v, want %q in\n%s", tt.line, err, tt.want, out)
		}
	}
	if sent := tr.account.Messages(); !slices.Contains(sent, Message{"arn:aws:sns:us-east-1:111122223333:dbops-staging-notifications", "hello", "world"}) {
		t.Errorf("messages = %+v; want what was published", sent)
	}
	for _, line := range []string{"sns list-topics", "sts get-session-token", "ssm describe-parameters"} {
		out, err := tr.aws("", strings.Fields(line)...)
		if err == nil || !strings.Contains(out, "the sandbox") || strings.Contains(strings.ToLower(out), "parse") {
			t.Errorf("aws %s: %v, want an error that says what the sandbox knows\n%s", line, err, out)
		}
	}
}

// TestAWSCommandInvokesByAPipe is the form that version 1 and version 2 of the command both take: the payload is bytes, so
// that version 2 does not ask for Base64.
func TestAWSCommandInvokesByAPipe(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the aws command is not installed; functions are invoked by the SDK elsewhere")
	}
	tr := newTrial(t, func(o *Options) { o.Bubble, o.Clock = false, NewPacedClock(time.Now(), 100) })
	for _, tt := range []struct{ payload, want string }{
		{`{"run":"nobody"}`, `"left":[]`},
		{`{"run":"no such; $(name)","why":"it's \"quoted\" \\ %s é"}`, "InvalidInput"},
	} {
		quoted := "'" + strings.ReplaceAll(tt.payload, "'", `'\''`) + "'"
		line := "printf %s " + quoted + " | aws lambda invoke --function-name dbops-staging-list-left --cli-read-timeout 0 --payload fileb:///dev/stdin /dev/stdout"
		if out, err := tr.aws(line); err != nil || !strings.Contains(out, tt.want) {
			t.Errorf("%s: %v, want %q in\n%s", line, err, tt.want, out)
		}
	}
}

// aws runs the command with these arguments or, if there are none, the shell with that line.
func (tr *trial) aws(line string, args ...string) (string, error) {
	tr.t.Helper()
	cmd := exec.CommandContext(tr.t.Context(), "sh", "-c", line)
	if len(args) > 0 {
		cmd = exec.CommandContext(tr.t.Context(), "aws", args...)
	}
	cmd.Dir = tr.t.TempDir()
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+tr.account.Endpoint, "AWS_ACCESS_KEY_ID=operator", "AWS_SECRET_ACCESS_KEY=sandbox",
		"AWS_DEFAULT_REGION="+AWSRegion, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w (%s)", err, tr.account.Endpoint)
	}
	return string(out), err
}
