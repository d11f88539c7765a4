package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dbops runs the command as a shell does.
func dbops(ctx context.Context, stdin string, args ...string) (status int, out, errs string) {
	var o, e paper
	status = run(ctx, args, &console{in: strings.NewReader(stdin), out: &o, errs: &e})
	return status, o.String(), e.String()
}

// TestWrongUsage: exit status 2 and a text that says what is wrong, before anything is called.
func TestWrongUsage(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1") // whoever calls it fails otherwise
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	region := `{"uri":"s3://data/regions/US/TX/1/","source":"s3://incoming/tx/"}`
	tests := []struct {
		name string
		args []string
		says []string
	}{
		{"nothing", nil, []string{"expected one of"}},
		{"an unknown command", []string{"undo"}, []string{"undo"}},
		{"an unknown flag", []string{"demo", "--sceanrio", "update"}, []string{"--sceanrio"}},
		{"an unknown scenario", []string{"demo", "--scenario", "worse-data"}, []string{"worse-data", "bad-data, bad-topology, dry-run, update"}},
		{"no speed", []string{"demo", "--speed", "0"}, []string{"--speed 0", "1 to 1000"}},
		{"too much speed", []string{"sandbox", "--speed", "1001"}, []string{"--speed 1001"}},
		{"a speed that is no number", []string{"cost", "--speed", "fast"}, []string{"--speed", "fast"}},
		{"an unknown environment", []string{"restart", "--env", "qa"}, []string{"--env", "staging", "production", "qa"}},
		{"no file", []string{"update"}, []string{"--file"}},
		{"a missing file", []string{"update", "--file", filepath.Join(dir, "none.json")}, []string{"none.json"}},
		{"a file that is not JSON", []string{"update", "--file", file("text.json", "regions")}, []string{"text.json", "invalid character", "Nothing was called"}},
		{"an unknown field", []string{"update", "--file", file("typo.json", `{"regoins":[]}`)}, []string{"regoins"}},
		{"an option in another case", []string{"update", "--file", file("case.json", `{"regions":[`+region+`],"dryrun":true}`)}, []string{`"dryrun"`, "dryRun"}},
		{"a long reason", []string{"restart", "--reason", strings.Repeat("x", 1025)}, []string{"1025 bytes"}},
		{"no execution", []string{"follow"}, []string{"execution"}},
		{"no run", []string{"left"}, []string{"run"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, out, errs := dbops(t.Context(), "", tt.args...)
			if status != exitUsage || out != "" {
				t.Errorf("exit status %d, output %q; want %d and none", status, out, exitUsage)
			}
			for _, says := range tt.says {
				if !strings.Contains(errs, says) {
					t.Errorf("%q does not say %q", errs, says)
				}
			}
		})
	}
}

func TestNoAccountIsAnErrorWithoutAnOutcome(t *testing.T) {
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	status, _, errs := dbops(t.Context(), "", "status")
	if status != exitError || !strings.Contains(errs, `district-builder`) {
		t.Errorf("exit status %d: %s; want %d and the profile's name", status, errs, exitError)
	}
}

func TestTargetsAreReachedTheSameWayAgain(t *testing.T) {
	text := func(s string) *string { return &s }
	tests := []struct {
		name           string
		t              target
		profile, again string
	}{
		{"as usual", target{Env: "staging", Region: "us-east-1"}, "district-builder", "dbops left r1 --env staging"},
		{"another profile and region", target{Env: "production", Profile: text("me"), Region: "us-west-2"}, "me", "dbops left r1 --env production --profile=me --region us-west-2"},
		{"default credentials", target{Env: "staging", Profile: text(""), Region: "us-east-1"}, "", "dbops left r1 --env staging --profile="},
		{"the sandbox", target{Env: "staging", Region: "us-east-1", EndpointURL: "http://x"}, "", "dbops left r1 --env staging --endpoint-url http://x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.t.profile() != tt.profile || tt.t.again("left", "r1") != tt.again {
				t.Errorf("%q, %q; want %q, %q", tt.t.profile(), tt.t.again("left", "r1"), tt.profile, tt.again)
			}
		})
	}
}

func TestProductionIsConfirmed(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name, environment, typed string
		ctx                      context.Context
		status                   int // 0: go on
	}{
		{"staging is not asked about", "staging", "", t.Context(), 0},
		{"typed", "production", "production\n", t.Context(), 0},
		{"typed without a newline", "production", "production", t.Context(), 0},
		{"another word", "production", "yes\n", t.Context(), exitUsage},
		{"the other environment", "production", "staging\n", t.Context(), exitUsage},
		{"nobody types", "production", "", t.Context(), exitUsage},
		{"interrupted", "production", blocks, cancelled, exitInterrupted},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &console{in: strings.NewReader(tt.typed), out: &paper{}}
			if tt.typed == blocks {
				c.in = make(blocking)
			}
			err := c.confirm(tt.ctx, tt.environment, "restart-services replaces every task")
			end, _ := err.(outcome) //nolint:errorlint // returned bare
			if (err == nil) != (tt.status == 0) || end.status != tt.status {
				t.Errorf("%v; want exit status %d", err, tt.status)
			}
		})
	}
}

// blocking is a terminal at which nobody types.
type blocking chan struct{}

const blocks = "(blocks)"

func (b blocking) Read([]byte) (int, error) { <-b; return 0, nil }

func TestPrintable(t *testing.T) {
	var out paper
	(&console{out: &out}).print("a\x1b[2Jb\r\x07\tc\nd é")
	if out.String() != "a[2Jb\tc\nd é\n" {
		t.Errorf("%q", out.String())
	}
}
