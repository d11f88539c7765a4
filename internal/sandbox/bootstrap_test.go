package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/lambdas"
)

// runtimeAPI is Lambda's end of the Runtime API: it hands out payloads one after the other and keeps the answers.
type runtimeAPI struct {
	payloads []string
	answers  chan answer
}

type answer struct {
	Failed    bool
	ErrorType string `json:"errorType"`
	Message   string `json:"errorMessage"`
	Text      string
}

func (a *runtimeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/invocation/next") && len(a.payloads) > 0:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", fmt.Sprint(len(a.payloads)))
		w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(time.Minute).UnixMilli()))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:f")
		_, _ = io.WriteString(w, a.payloads[0])
		a.payloads = a.payloads[1:]
	case strings.HasSuffix(r.URL.Path, "/invocation/next"):
		<-r.Context().Done() // nothing more to do, as when a function is frozen
	default:
		body, _ := io.ReadAll(r.Body)
		got := answer{Text: string(body), Failed: !strings.HasSuffix(r.URL.Path, "/response")}
		if got.Failed {
			_ = json.Unmarshal(body, &got)
		}
		w.WriteHeader(http.StatusAccepted)
		a.answers <- got
	}
}

// TestBootstrapsAnswer starts each action's real program against a Runtime API: first with an input that it must refuse
// by name, then with a good one, which it carries out in the account.
func TestBootstrapsAnswer(t *testing.T) {
	bin := t.TempDir()
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", bin, "github.com/publicmapping/districtbuilder-ops/lambdas/...")
	build.Dir = source
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	tr := newTrial(t, func(o *Options) { o.Bubble, o.Clock = false, asl.RealClock{} })
	tr.upload()
	for _, step := range tr.goodInputs(t) {
		t.Run(step.action, func(t *testing.T) {
			answers, log := tr.runBootstrap(t, filepath.Join(bin, step.action), step.action, `{"no such field":1}`, step.payload)
			if bad := answers[0]; step.strict && (!bad.Failed || bad.ErrorType != "InvalidInput") {
				t.Errorf("bad input: %+v, want InvalidInput", bad)
			}
			if good := answers[1]; good.Failed != (step.failure != "") || good.ErrorType != step.failure {
				t.Errorf("good input: %+v, want failure %q", good, step.failure)
			}
			if got := measuredIn(t, log); !slices.Equal(got, measures[step.action]) {
				t.Errorf("metrics %q, want %q", got, measures[step.action])
			}
		})
	}
}

// measures are the metrics that each action writes to its log. None of the tasks is new here.
var measures = map[string][]string{
	"backup-region": {"ObjectsCopied", "BytesCopied"}, "overwrite-region": {"ObjectsCopied", "BytesCopied"}, "restore-region": {"ObjectsCopied", "BytesCopied"},
	"poll-health": {"HealthyNewTasks", "OldTasksRunning"}, "bump-versions": {"VersionsBumped"}, "watch-lock": {"LockAgeSeconds"},
}

// measuredIn reads the lines in the embedded metric format as CloudWatch does.
func measuredIn(t *testing.T, log string) (names []string) {
	t.Helper()
	for line := range strings.Lines(log) {
		var found struct {
			AWS struct {
				CloudWatchMetrics []struct {
					Namespace  string
					Dimensions [][]string
					Metrics    []struct{ Name string }
				}
			} `json:"_aws"`
		}
		var root map[string]any
		if json.Unmarshal([]byte(line), &found) != nil || json.Unmarshal([]byte(line), &root) != nil {
			continue // the runtime reports failures in lines of its own
		}
		for _, d := range found.AWS.CloudWatchMetrics {
			if d.Namespace != "dbops" || len(d.Dimensions) != 1 || !slices.Equal(d.Dimensions[0], []string{"Environment"}) || root["Environment"] != "Staging" {
				t.Errorf("not in the environment's metrics: %s", line)
			}
			for _, m := range d.Metrics {
				if _, isNumber := root[m.Name].(float64); isNumber {
					names = append(names, m.Name)
				}
			}
		}
	}
	return names
}

type bootstrapStep struct {
	action, payload string
	failure         string // the named error that a good input must give
	strict          bool   // refuses fields it does not know
}

// goodInputs has a row for each action, in an order in which each can succeed.
func (tr *trial) goodInputs(t *testing.T) []bootstrapStep {
	t.Helper()
	u, id := tr.updates[0], tr.regions[0].ID
	version := Uploaded.Add(time.Hour).Format("2006-01-02T15:04:05.000Z")
	region := fmt.Sprintf(`{"id":%q,"name":"Delaware","uri":%q,"source":%q,"version":%q,"maps":2,"allowBreakingMaps":false}`, id, u.URI, u.Source, version)
	backup := u.URI.Sibling("-backup-2026-11-22").String()
	inventory := "s3://" + tr.env.StateBucket + "/runs/r1/regions/" + id + "/inventory.json.gz"
	old, err := json.Marshal(tr.audited(t).OldTasks())
	if err != nil {
		t.Fatal(err)
	}
	fleet := `{"usual":2,"raised":5,"group":{"desired":2},"alarms":[]}`
	rows := map[string]bootstrapStep{
		"find-regions":     {payload: fmt.Sprintf(`{"regions":[{"uri":%q,"source":%q}]}`, u.URI, u.Source)},
		"inspect-region":   {payload: `{"run":"r1","region":` + region + `}`},
		"plan-update":      {payload: fmt.Sprintf(`{"environment":"Staging","date":"2026-11-22","regions":[%s],"inspections":[{"id":%q,"objects":1,"bytes":1,"live":{"objects":1,"bytes":1},"backupSuffix":"-backup-2026-11-22"}],"fleet":%s}`, region, id, fleet)},
		"acquire-lock":     {payload: `{"owner":"a person","run":"r1","reason":"test"}`},
		"backup-region":    {payload: `{"run":"r1","region":` + region + `,"date":"2026-11-22"}`},
		"overwrite-region": {payload: fmt.Sprintf(`{"run":"r1","region":%s,"inventory":%q,"backup":%q}`, region, inventory, backup)},
		"restore-region":   {payload: fmt.Sprintf(`{"run":"r1","region":%s,"backup":%q}`, region, backup)},
		"survey-fleet":     {payload: `{"run":"r1"}`},
		"fence-group":      {payload: `{"run":"r1","fenced":true}`},
		"scale-group":      {payload: `{"desired":2}`},
		"scale-service":    {payload: `{"desired":2}`},
		"poll-health":      {payload: fmt.Sprintf(`{"oldTasks":%s,"expected":2,"usual":2}`, old)},
		"protect-tasks":    {payload: `{"all":true,"protected":false}`},
		"stop-tasks":       {payload: fmt.Sprintf(`{"tasks":%s,"before":2,"scaledOutAt":"2020-01-01T00:00:00.000Z","keep":2}`, old), failure: "UnexpectedTasks"},
		"bump-versions":    {payload: fmt.Sprintf(`{"regions":[{"id":%q,"version":%q}],"at":"2026-11-22T12:00:00.000Z"}`, id, version)},
		"set-region-uri":   {payload: fmt.Sprintf(`{"id":%q,"uri":%q}`, id, u.URI)},
		"commit-run":       {payload: `{"run":"r1","forget":"restore-region","step":"bump-versions","left":"x","action":"bump-versions","input":{}}`},
		"list-left":        {payload: `{"run":"r1"}`},
		"watch-lock":       {payload: `{}`},
		"release-lock":     {payload: `{"owner":"a person","run":"r1","outcome":"succeeded"}`},
		"start-update":     {payload: `{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"b"},"object":{"key":"other","etag":"0"},"reason":"CopyObject"}}`},
	}
	lenient := []string{"plan-update", "start-update"}
	order := []string{"find-regions", "inspect-region", "plan-update", "acquire-lock", "backup-region", "overwrite-region", "restore-region", "survey-fleet", "fence-group"}
	for _, name := range slices.Sorted(maps.Keys(lambdas.Actions)) {
		if !slices.Contains(order, name) && name != "release-lock" {
			order = append(order, name)
		}
	}
	var steps []bootstrapStep
	for _, name := range append(order, "release-lock") {
		row, ok := rows[name]
		if !ok {
			t.Fatalf("no input for %s", name)
		}
		row.action, row.strict = name, !slices.Contains(lenient, name)
		steps = append(steps, row)
	}
	return steps
}

func (tr *trial) audited(t *testing.T) *Audit {
	t.Helper()
	audit, err := tr.account.NewAudit(context.Background(), tr.env)
	if err != nil {
		t.Fatal(err)
	}
	return audit
}

// runBootstrap runs a program until it has answered every payload. The log is what CloudWatch would get.
func (tr *trial) runBootstrap(t *testing.T, program, action string, payloads ...string) (answers []answer, log string) {
	t.Helper()
	api := &runtimeAPI{payloads: payloads, answers: make(chan answer, len(payloads)+1)}
	server := httptest.NewServer(api)
	defer server.Close()
	f := tr.account.functions[tr.env.Prefix()+action]
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = []string{
		"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(server.URL, "http://"), "AWS_ENDPOINT_URL=" + tr.account.Endpoint, "AWS_REGION=" + AWSRegion,
		"AWS_LAMBDA_LOG_FORMAT=JSON", "AWS_ACCESS_KEY_ID=" + accessKey(f.Name), "AWS_SECRET_ACCESS_KEY=" + secretKey, "AWS_EC2_METADATA_DISABLED=true", "HOME=" + t.TempDir(),
	}
	for name, value := range f.Settings {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var written strings.Builder
	cmd.Stdout, cmd.Stderr = &written, &written
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for range payloads {
		select {
		case got := <-api.answers:
			answers = append(answers, got)
		case err := <-ended:
			t.Fatalf("%s ended: %v\n%s", action, err, &written)
		}
	}
	cancel()
	<-ended
	server.CloseClientConnections()
	return answers, written.String()
}
