package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// running is dbops sandbox, which runs, and what it says.
type running struct {
	t        *testing.T
	usage    string
	endpoint string
	update   string // the file that it says how to write
}

// startSandbox runs dbops sandbox until the test ends.
func startSandbox(t *testing.T, speed float64) *running {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "operator", "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_DEFAULT_REGION": "us-east-1", "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
	_ = os.Unsetenv("AWS_PROFILE") // until the test ends: to the aws command an empty name is that of a profile
	ctx, stop := context.WithCancel(context.Background())
	var out paper
	ended := make(chan error, 1)
	go func() { ended <- sandboxCommand{Speed: speed}.run(ctx, &console{out: &out}, smallSeeds()) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		removeLog(t, &out)
	})
	select {
	case <-out.has("/dev/stdout\n"): // its last word
	case err := <-ended:
		ended <- err
		t.Fatalf("the sandbox ended: %v", err)
	}
	s := &running{t: t, usage: out.String()}
	s.endpoint = found(t, `The account is at (\S+),`, s.usage)
	s.update = s.file("update.json", found(t, `(?s)<<'END'\n(.*?)\nEND\n`, s.usage))
	return s
}

// found is what the pattern's first group matches.
func found(t *testing.T, pattern, text string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("nothing like %s in\n%s", pattern, text)
	}
	return m[1]
}

func (s *running) file(name, text string) string {
	path := filepath.Join(s.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// expect runs a command against the account and looks at its exit status and at what it says.
func (s *running) expect(t *testing.T, status int, says []string, args ...string) (out string) {
	t.Helper()
	got, out, errs := dbops(t.Context(), "", append(args, "--endpoint-url", s.endpoint)...)
	if got != status {
		t.Errorf("dbops %v: exit status %d, want %d: %s\n%s", args, got, status, errs, out)
	}
	for _, text := range says {
		if !strings.Contains(out+errs, text) {
			t.Errorf("dbops %v does not say %q:\n%s%s", args, text, out, errs)
		}
	}
	return out + errs
}

// quickly makes commands look at executions without much of a pause.
const quickly = "--every=50ms"

// TestADeployedAccount runs the operator's commands against an account over its wire protocols, with the permissions that
// the stack gives to operators.
func TestADeployedAccount(t *testing.T) {
	s := startSandbox(t, fast)
	var who *operator
	who, s.endpoint = asOperator(t, s.endpoint)
	t.Run("status of nothing", func(t *testing.T) {
		s.expect(t, 0, []string{"nothing runs", "the lock is free"}, "status")
		s.expect(t, 0, []string{"nothing runs", "the lock is free"}, "status", "--env", "production")
	})
	t.Run("dry run", func(t *testing.T) {
		s.expect(t, 0, []string{"staging update-regions started: plan-US-PA-US-DE-", "  FindRegions\n", "  Planned\n",
			"Planned; nothing has been changed.", "Pennsylvania   16 objects", "2 recompute", "tasks 3 → 7 → 3", "1. lock Staging", "It would cost about $"},
			"update", "--file", s.update, "--dry-run", quickly)
	})
	t.Run("failed clean", func(t *testing.T) {
		unknown := `{"regions":[{"uri":"s3://districtbuilder-staging-data/regions/US/XX/1/","source":"s3://districtbuilder-staging-data/new/US/XX/1/"}]}`
		s.expect(t, exitFailedClean, []string{"! FindRegions: RegionNotFound", "FailedClean: everything is as it was before.", "RegionNotFound\n", "start again"},
			"update", "--file", s.file("unknown.json", unknown), quickly)
	})
	t.Run("restart, while calls are throttled", func(t *testing.T) {
		through := &running{t: t, endpoint: throttling(t, s.endpoint)}
		out := through.expect(t, 0, []string{"started: restart-", "  PollHealth\n", "loading: 0 of 4 new tasks healthy", "healthy: 4 of 4 new tasks healthy",
			"Restarted: 3 new tasks serve, the 3 old ones are gone."}, "restart", "--reason", "to see it", quickly)
		if n := strings.Count(out, "  WaitForTasks\n"); n != 1 {
			t.Errorf("WaitForTasks is told %d times, want once:\n%s", n, out)
		}
		name := found(t, `started: (\S+)`, out)
		s.expect(t, 0, []string{"restart-services ended last: " + name + " SUCCEEDED", "the lock is free"}, "status")
		s.expect(t, 0, []string{"Restarted: 3 new tasks serve"}, "follow", name, quickly)
		s.expect(t, 0, []string{"run " + name + " has left nothing"}, "left", name)
	})
	t.Run("update", func(t *testing.T) {
		s.expect(t, 0, []string{"  RestartServices\n", "    ScaleService\n", "  BumpVersions\n", "Updated: the new data of 2 regions is live", "-backup-", "  version  2021-08-12T22:42:38.860Z → 20",
			"Restarted: 3 new tasks serve", "quality assurance"}, "update", "--file", s.update, quickly)
	})
	for _, statement := range []string{"FindSettings", "Start", "SeeMachines", "SeeExecutions", "ReadRuns", "SeeWhatIsLeft"} {
		if !slices.Contains(who.used, statement) {
			t.Errorf("the operators' statement %s has permitted nothing; %v have", statement, who.used)
		}
	}
	t.Run("what operators may not do", func(t *testing.T) {
		stop := &sfn.StopExecutionInput{ExecutionArn: aws.String("arn:aws:states:us-east-1:111122223333:execution:dbops-staging-update-regions:any")}
		if _, err := sfn.NewFromConfig(configOf(t, s.endpoint)).StopExecution(t.Context(), stop); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
			t.Errorf("an operator stops an execution: %v; want AccessDenied, or nothing is held against the policy", err)
		}
	})
}

func configOf(t *testing.T, endpoint string) aws.Config {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("us-east-1"), config.WithBaseEndpoint(endpoint))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// TestARunThatIsAborted stops following a restart, follows it on, aborts it, and looks at what is left.
func TestARunThatIsAborted(t *testing.T) {
	s := startSandbox(t, 50) // at which a restart takes half a minute, so that it is there to be aborted
	ctx, interrupt := context.WithCancel(t.Context())
	var out, errs paper
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"restart", "--reason", "to be aborted", quickly, "--endpoint-url", s.endpoint}, &console{out: &out, errs: &errs})
	}()
	select {
	case <-out.has("ScaleService"):
	case status := <-ended:
		interrupt()
		t.Fatalf("exit status %d before it had begun: %s\n%s", status, errs.String(), out.String())
	}
	interrupt()
	if status := <-ended; status != exitInterrupted {
		t.Fatalf("exit status %d, want %d: %s", status, exitInterrupted, errs.String())
	}
	arn := found(t, `dbops follow (\S+) --env staging --endpoint-url `+regexp.QuoteMeta(s.endpoint)+`\n`, errs.String())
	name := arn[strings.LastIndex(arn, ":")+1:]
	s.expect(t, 0, []string{"restart-services runs: " + name, "the lock is held by run " + name, "its execution is at work"}, "status")

	cause := "the test wants it"
	if _, err := sfn.NewFromConfig(configOf(t, s.endpoint)).StopExecution(t.Context(), &sfn.StopExecutionInput{ExecutionArn: &arn, Cause: &cause}); err != nil {
		t.Fatal(err)
	}
	commands := "aws lambda invoke --region us-east-1 --endpoint-url " + s.endpoint + " --function-name "
	s.expect(t, exitFailedDirty, []string{"  ScaleService\n", "ABORTED: nobody has cleaned up.", cause, "# fence-group", "# lock", commands, "dbops left " + name}, "follow", arn, quickly)
	s.expect(t, 0, []string{"nothing runs", "its execution is over (ABORTED): see dbops left " + name}, "status")
	s.expect(t, exitFailedDirty, []string{"run " + name + " has left", "# fence-group", commands}, "left", arn)
	s.expect(t, exitError, []string{"no execution nobody"}, "follow", "nobody")
	s.expect(t, exitError, []string{"of none of production's state machines"}, "follow", arn, "--env", "production")
	t.Run("the commands put everything back", func(t *testing.T) { paste(t, s, name) })
}

// paste runs the commands that dbops left prints as they are printed, as often as they say that there is more to do.
func paste(t *testing.T, s *running, run string) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the aws command is not installed; the functions' own tests undo by the same inputs")
	}
	for range 20 {
		status, out, errs := dbops(t.Context(), "", "left", run, "--endpoint-url", s.endpoint)
		if status == 0 {
			s.expect(t, 0, []string{"nothing runs", "the lock is free"}, "status")
			return
		}
		_, commands, ok := strings.Cut(out, "\n\n")
		if status != exitFailedDirty || !ok {
			t.Fatalf("exit status %d: %s\n%s", status, errs, out)
		}
		answers, err := exec.CommandContext(t.Context(), "sh", "-c", commands).CombinedOutput()
		if err != nil || strings.Contains(string(answers), "FunctionError") {
			t.Fatalf("%v: %s\nof\n%s", err, answers, commands)
		}
	}
	t.Error("something is left, however often the commands are run")
}

// throttling is the account behind a front that answers most looks at a history with a throttle.
func throttling(t *testing.T, endpoint string) string {
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	account, looks := httputil.NewSingleHostReverseProxy(target), atomic.Int64{}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".GetExecutionHistory") && looks.Add(1)%6 != 0 {
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"__type":"ThrottlingException","message":"Rate exceeded"}`))
			return
		}
		account.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return front.URL
}
