package trigger

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

const good = `{
  "regions": [{"uri": "s3://data/regions/US/TX/2021-08-12T21:42:38.860Z", "source": "s3://incoming/tx-2026/"}],
  "dryRun": true,
  "reason": "new census blocks"
}`

// event is what EventBridge sends, fields that nobody reads included.
func event(t *testing.T, key, etag, version, reason string) Event {
	t.Helper()
	var e Event
	text := fmt.Sprintf(`{"version": "0", "id": "17793124", "detail-type": "Object Created", "source": "aws.s3", "account": "111122223333",
		"time": "2026-11-22T20:04:05Z", "region": "us-east-1", "resources": ["arn:aws:s3:::data"],
		"detail": {"version": "0", "bucket": {"name": "data"},
			"object": {"key": %q, "size": 200, "etag": %q, "version-id": %q, "sequencer": "00617F08299329D189"},
			"request-id": "N4N7GDK58NMKJ12R", "requester": "111122223333", "source-ip-address": "1.2.3.4", "reason": %q}}`,
		key, etag, version, reason)
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		t.Fatal(err)
	}
	if err := e.Validate(); err != nil {
		t.Fatal(err)
	}
	return e
}

func verb(a *account) StartUpdate {
	return StartUpdate{Objects: a, Machines: a, Topics: a, Environment: "Staging",
		Machine: "arn:aws:states:us-east-1:111122223333:stateMachine:dbops-staging-update-regions", Topic: "arn:aws:sns:us-east-1:111122223333:t"}
}

func TestAnUploadStartsOneExecutionHoweverOftenItIsDelivered(t *testing.T) {
	a := newAccount()
	a.objects["data/updates/tx.json"] = object{"abc", good}
	e := event(t, "updates/tx.json", "abc", "v1", "PutObject")
	outcomes := []Outcome{}
	for range 3 {
		out, err := verb(a).Run(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		outcomes = append(outcomes, out.Outcome)
	}
	if got := fmt.Sprint(outcomes); got != "[started already-started already-started]" || len(a.executions) != 1 {
		t.Errorf("outcomes %s and %d executions, want one started", got, len(a.executions))
	}
	for name, input := range a.executions {
		if !regexp.MustCompile(`^upload-tx-[0-9a-f]{32}$`).MatchString(name) {
			t.Errorf("name = %s", name)
		}
		if want := `{"regions":[{"uri":"s3://data/regions/US/TX/2021-08-12T21:42:38.860Z","source":"s3://incoming/tx-2026/"}],"dryRun":true,"reason":"new census blocks"}`; input != want {
			t.Errorf("input = %s, want the file's content", input)
		}
	}
}

func TestAnAnswerThatWasLostStartsNothingMore(t *testing.T) {
	a := newAccount()
	a.objects["data/updates/tx.json"] = object{"abc", good}
	a.lost["StartExecution"] = true
	e := event(t, "updates/tx.json", "abc", "v1", "PutObject")
	if _, err := verb(a).Run(t.Context(), e); err == nil {
		t.Error("a lost answer was taken for success: the event would not be retried")
	}
	if out, err := verb(a).Run(t.Context(), e); err != nil || out.Outcome != AlreadyStarted || len(a.executions) != 1 {
		t.Errorf("%+v, %v, %d executions; want the one execution found", out, err, len(a.executions))
	}
}

func TestExecutionNames(t *testing.T) {
	name := func(key, etag, version string) string {
		return event(t, key, etag, version, "PutObject").Detail.executionName()
	}
	base := name("updates/tx.json", "abc", "v1")
	for what, other := range map[string]string{
		"another version": name("updates/tx.json", "abc", "v2"),
		"another key":     name("updates/ny.json", "abc", "v1"),
		"no version":      name("updates/tx.json", "abc", ""),
	} {
		if other == base {
			t.Errorf("%s has the same name", what)
		}
	}
	if name("updates/tx.json", "abc", "null") != name("updates/tx.json", "abc", "") {
		t.Error("version \"null\" is not told apart from other objects: the ETag must count")
	}
	if name("updates/tx.json", "abc", "") == name("updates/tx.json", "abd", "") {
		t.Error("another ETag without versioning has the same name")
	}
	long := name("updates/"+strings.Repeat("x", 200)+".json", "abc", "v1")
	if len(long) > 71 || !regexp.MustCompile(`^[A-Za-z0-9._-]+$`).MatchString(long) {
		t.Errorf("name %s has %d characters", long, len(long))
	}
}

func TestABadFileIsToldAndNotRetried(t *testing.T) {
	region := `{"uri":"s3://data/regions/US/TX/1/","source":"s3://incoming/tx/"}`
	tests := []struct{ name, key, body, want string }{
		{"not JSON", "", `regions: []`, "invalid character"},
		{"empty", "", ``, "EOF"},
		{"unknown field", "", `{"regions":[` + region + `],"dryrun ":true}`, "unknown field"},
		{"unknown field of a region", "", `{"regions":[{"uri":"s3://data/a/","source":"s3://incoming/a/","version":1}]}`, "unknown field"},
		{"two values", "", `{"regions":[` + region + `]} {}`, "there is more after"},
		{"no regions", "", `{}`, "regions: 0; expected 1 to 60"},
		{"another spelling", "", `{"regions":[` + region + `],"dryrun":true}`, `unknown field "dryrun"`},
		{"too many regions", "", `{"regions":[` + strings.Repeat(region+",", 60) + region + `]}`, "regions: 61"},
		{"no uri", "", `{"regions":[{"source":"s3://incoming/tx/"}]}`, "regions[0]: no uri"},
		{"no source", "", `{"regions":[{"uri":"s3://data/a/"}]}`, "regions[0]: no source"},
		{"not an S3 URI", "", `{"regions":[{"uri":"https://data/a/","source":"s3://incoming/a/"}]}`, "does not begin with s3://"},
		{"the same region twice", "", `{"regions":[` + region + `,` + region + `]}`, "the same uri as regions[0]"},
		{"source inside the region", "", `{"regions":[{"uri":"s3://data/a/","source":"s3://data/a/new/"}]}`, "lie inside each other"},
		{"too large", "", `{"regions":[` + region + `],"reason":"` + strings.Repeat("x", maxSize) + `"}`, "over 262144 bytes"},
		{"a long reason", "", `{"regions":[` + region + `],"reason":"` + strings.Repeat("x", 1025) + `"}`, "reason: 1025 bytes"},
		{"a folder", "updates/2026/tx.json", good, "no folder below updates/"},
		{"a name with a space", "updates/t x.json", good, "expected letters"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAccount()
			key := tt.key
			if key == "" {
				key = "updates/tx.json"
			}
			a.objects["data/"+key] = object{"abc", tt.body}
			out, err := verb(a).Run(t.Context(), event(t, key, "abc", "v1", "PutObject"))
			if err != nil || out.Outcome != Refused {
				t.Fatalf("%+v, %v; want refused without an error", out, err)
			}
			if len(a.executions) != 0 {
				t.Error("an execution was started")
			}
			if len(a.published) != 1 || !strings.Contains(a.published[0], tt.want) || !strings.Contains(a.published[0], "s3://data/"+key) {
				t.Errorf("published %q, want one message with %q and the object", a.published, tt.want)
			}
		})
	}
}

func TestASizeOverTheLimitIsNotRead(t *testing.T) {
	a := newAccount()
	e := event(t, "updates/tx.json", "abc", "v1", "PutObject")
	e.Detail.Object.Size = maxSize + 1
	if out, err := verb(a).Run(t.Context(), e); err != nil || out.Outcome != Refused || a.reads != 0 {
		t.Errorf("%+v, %v, %d reads; want refused unread", out, err, a.reads)
	}
}

func TestIgnored(t *testing.T) {
	tests := []struct{ name, key, etag, reason string }{
		{"a copy", "updates/tx.json", "abc", "CopyObject"},
		{"region data", "regions/US/TX/1/topo.json", "abc", "PutObject"},
		{"another extension", "updates/tx.csv", "abc", "PutObject"},
		{"replaced since", "updates/tx.json", "older", "PutObject"},
		{"deleted since", "updates/gone.json", "abc", "PutObject"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAccount()
			a.objects["data/updates/tx.json"] = object{"abc", good}
			out, err := verb(a).Run(t.Context(), event(t, tt.key, tt.etag, "v1", tt.reason))
			if err != nil || out.Outcome != Ignored || out.Why == "" || len(a.executions)+len(a.published) != 0 {
				t.Errorf("%+v, %v, %d executions, %d messages; want ignored, and why", out, err, len(a.executions), len(a.published))
			}
		})
	}
}

func TestAFailureIsAnErrorSoThatTheEventIsRetried(t *testing.T) {
	for _, operation := range []string{"GetObject", "StartExecution", "Publish"} {
		t.Run(operation, func(t *testing.T) {
			a := newAccount()
			a.down[operation] = responseError(http.StatusForbidden, "AccessDenied")
			a.objects["data/updates/tx.json"] = object{"abc", good}
			a.objects["data/updates/bad.json"] = object{"abc", "{"}
			key := map[string]string{"Publish": "updates/bad.json"}[operation]
			if key == "" {
				key = "updates/tx.json"
			}
			if out, err := verb(a).Run(t.Context(), event(t, key, "abc", "v1", "PutObject")); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
				t.Errorf("%+v, %v; want the failure", out, err)
			}
		})
	}
}

func TestActionNeedsItsSettings(t *testing.T) {
	env := lambdarun.Env{Getenv: func(string) string { return "" }, Log: slog.New(slog.DiscardHandler)}
	_, err := StartUpdateAction(t.Context(), env)
	if err == nil || !strings.Contains(err.Error(), "ENVIRONMENT, UPDATE_MACHINE_ARN, NOTIFICATIONS_TOPIC_ARN") {
		t.Errorf("error = %v, want every setting named", err)
	}
	env.Getenv = func(name string) string { return name }
	h, err := StartUpdateAction(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h(t.Context(), []byte(`{"source":"aws.ec2","detail-type":"Object Created"}`)); err == nil || !strings.Contains(err.Error(), "InvalidInput") {
		t.Errorf("error = %v, want a foreign event refused", err)
	}
}
