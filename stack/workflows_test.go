package stack

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// workflow is a file of .github/workflows: what stands before its jobs, and each job's text.
func workflow(t *testing.T, name string) (head string, jobs map[string]string) {
	t.Helper()
	text, err := os.ReadFile("../.github/workflows/" + name)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), "\njobs:\n")
	if !ok {
		t.Fatalf("%s has no jobs", name)
	}
	jobs = map[string]string{}
	names := regexp.MustCompile(`(?m)^  ([a-z]+):$`).FindAllStringSubmatchIndex(rest, -1)
	for i, at := range names {
		end := len(rest)
		if i+1 < len(names) {
			end = names[i+1][0]
		}
		jobs[rest[at[2]:at[3]]] = rest[at[0]:end]
	}
	return head, jobs
}

// TestOnlyTheDeployingJobMayTakeTheRole: code of other packages runs in jobs that have no right in AWS.
func TestOnlyTheDeployingJobMayTakeTheRole(t *testing.T) {
	head, jobs := workflow(t, "deploy.yml")
	if strings.Contains(head, "id-token") || !strings.Contains(head, "permissions:\n  contents: read") {
		t.Errorf("every job has more rights than to read:\n%s", head)
	}
	var may []string
	for name, job := range jobs {
		if strings.Contains(job, "id-token: write") {
			may = append(may, name)
		}
	}
	if !slices.Equal(may, []string{"deploy"}) {
		t.Fatalf("%v may take the role, want only deploy", may)
	}
	deploy := jobs["deploy"]
	for _, foreign := range []string{"make test", "make synth", "make deploy ", "npm ci", "npm install", "pip install", "go run", "setup-go", "curl"} {
		if strings.Contains(deploy, foreign) {
			t.Errorf("the job that may take the role runs %s", foreign)
		}
	}
	for _, want := range []string{"needs: [test, synth]", "environment: ${{ inputs.environment || 'staging' }}", "make deploy-synth", `NPM_CONFIG_IGNORE_SCRIPTS: "true"`} {
		if !strings.Contains(deploy, want) {
			t.Errorf("the deploying job lacks %s", want)
		}
	}
	if !strings.Contains(jobs["test"], "uses: ./.github/workflows/ci.yml") || !strings.Contains(jobs["synth"], "make synth") {
		t.Errorf("what is deployed is not tested or not made: %v", jobs)
	}
}

// TestUsersHaveTheSameChecks as the project's own continuous integration, with the same versions of the tools.
func TestUsersHaveTheSameChecks(t *testing.T) {
	own, err := os.ReadFile("../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	_, jobs := workflow(t, "ci.yml")
	users := jobs["test"]
	for _, tool := range []string{"cfn-lint==", "asl-validator@"} {
		version := regexp.MustCompile(regexp.QuoteMeta(tool) + `[\d.]+`)
		if a, b := version.FindString(string(own)), version.FindString(users); a == "" || a != b {
			t.Errorf("%s: %q here and %q for users", tool, a, b)
		}
	}
	for _, command := range []string{"make lint", "make test", "make build"} {
		if !strings.Contains(string(own), command) || !strings.Contains(users, command) {
			t.Errorf("%s is not run here and for users", command)
		}
	}
	if !strings.Contains(string(own), "export CI=1") {
		t.Error("here a linter that is missing is skipped; GitHub sets CI by itself")
	}
}
