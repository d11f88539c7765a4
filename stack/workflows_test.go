package stack

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// workflow reads a file of .github/workflows: what stands before its jobs, and each job's text.
func workflow(t *testing.T, name string) (head string, jobs map[string]string) {
	t.Helper()
	text, err := os.ReadFile("../.github/workflows/" + name)
	if err != nil {
		t.Fatal(err)
	}
	head, jobs, err = divide(string(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return head, jobs
}

// jobLine begins a job: what stands two columns in, below the key jobs.
var jobLine = regexp.MustCompile(`^  ([\w-]+):\s*(#.*)?$`)

// divide finds a workflow's jobs by their indentation. A line that may begin one, and is not understood, is an error.
func divide(text string) (head string, jobs map[string]string, err error) {
	head, rest, ok := strings.Cut(text, "\njobs:\n")
	if !ok {
		return "", nil, fmt.Errorf("no line is %q", "jobs:")
	}
	jobs = map[string]string{}
	job := ""
	for line := range strings.Lines(rest) {
		text := strings.TrimLeft(line, " \t")
		deep := strings.HasPrefix(line, "   ")
		match := jobLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		switch {
		case match != nil:
			job = match[1]
		case job == "" && strings.HasPrefix(text, "#"): // above the first job
		case deep && job != "", strings.HasPrefix(text, "#"), text == "\n":
		default:
			return "", nil, fmt.Errorf("neither a job nor a part of one: %q", line)
		}
		jobs[job] += line
	}
	delete(jobs, "")
	return head, jobs, nil
}

// mayTakeARole lists the jobs that may have a token which AWS trusts.
func mayTakeARole(jobs map[string]string) []string {
	var may []string
	for name, job := range jobs {
		if regexp.MustCompile(`id-token["']?\s*:\s*["']?write|permissions["']?\s*:\s*["']?write-all`).MatchString(job) {
			may = append(may, name)
		}
	}
	slices.Sort(may)
	return may
}

// foreign are commands by which code of other packages runs, but for the pinned cdk command.
var foreign = []string{"make test", "make synth", "make deploy ", "make diff ", "make build", "npm ci", "npm install", "pip install", "go run", "go build", "setup-go", "curl"}

// TestOnlyTheDeployingJobsMayTakeARole: code of other packages runs in jobs that have no right in AWS.
func TestOnlyTheDeployingJobsMayTakeARole(t *testing.T) {
	head, jobs := workflow(t, "deploy.yml")
	if strings.Contains(head, "id-token") || !strings.Contains(head, "permissions:\n  contents: read") {
		t.Errorf("every job has more rights than to read:\n%s", head)
	}
	if diff := cmp.Diff([]string{"deploy", "diff"}, mayTakeARole(jobs)); diff != "" {
		t.Fatalf("which jobs may take a role (-want +got):\n%s", diff)
	}
	for _, name := range []string{"deploy", "diff"} {
		for _, command := range foreign {
			if strings.Contains(jobs[name], command) {
				t.Errorf("the job %s, which may take a role, runs %s", name, command)
			}
		}
		for _, action := range regexp.MustCompile(`uses: (.*)`).FindAllStringSubmatch(jobs[name], -1) {
			if !regexp.MustCompile(`^[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`).MatchString(action[1]) {
				t.Errorf("the job %s, which may take a role, uses %q, which is not pinned by commit, with its version behind it", name, action[1])
			}
		}
		if !strings.Contains(jobs[name], `NPM_CONFIG_IGNORE_SCRIPTS: "true"`) {
			t.Errorf("the job %s lets packages of npm run scripts", name)
		}
	}
	if strings.Contains(jobs["diff"], "DEPLOY_ROLE_ARN") || strings.Contains(jobs["diff"], "environment:") {
		t.Errorf("the job that shows what changes can take the role that deploys:\n%s", jobs["diff"])
	}
}

// TestDeploymentIsShownTestedAndApproved before it is made.
func TestDeploymentIsShownTestedAndApproved(t *testing.T) {
	_, jobs := workflow(t, "deploy.yml")
	for job, wants := range map[string][]string{
		"test":   {"uses: ./.github/workflows/ci.yml"},
		"synth":  {"make synth"},
		"diff":   {"needs: synth", "make diff-synth", "GITHUB_STEP_SUMMARY", "set -o pipefail"},
		"deploy": {"needs: [test, synth, diff]", "environment: ${{ inputs.environment || 'staging' }}", "make deploy-synth"},
	} {
		for _, want := range wants {
			if !strings.Contains(jobs[job], want) {
				t.Errorf("the job %s lacks %s:\n%s", job, want, jobs[job])
			}
		}
	}
	if strings.Contains(jobs["deploy"], "DURING_A_RUN") {
		t.Error("a deployment does not look whether a run is at work")
	}
}

// TestNoJobIsOverlooked: a job that is not seen could take the role unchecked.
func TestNoJobIsOverlooked(t *testing.T) {
	text, err := os.ReadFile("../.github/workflows/deploy.yml")
	if err != nil {
		t.Fatal(err)
	}
	const may = "    permissions: {id-token: write}\n"
	for planted, seen := range map[string]string{
		"  deploy-production:\n" + may:                              "deploy-production",
		"  deploy_production2: # with a remark\n" + may:             "deploy_production2",
		"  Deploy:\n    permissions: write-all\n":                   "Deploy",
		"  \"deploy-production\":\n" + may:                          "",
		"  deploy-production: {permissions: {id-token: write}}\n":   "",
		" deploy-production:\n   permissions:\n    id-token: write": "",
	} {
		for place, with := range map[string]string{"last": string(text) + planted, "first": strings.Replace(string(text), "\njobs:\n", "\njobs:\n"+planted, 1)} {
			_, jobs, err := divide(with)
			switch {
			case seen == "" && err == nil:
				t.Errorf("%s: %q is taken as a part of %v", place, planted, slices.Sorted(maps.Keys(jobs)))
			case seen != "" && (err != nil || !slices.Contains(mayTakeARole(jobs), seen)):
				t.Errorf("%s: of %v only %v may take a role; planted was %q (%v)", place, slices.Sorted(maps.Keys(jobs)), mayTakeARole(jobs), planted, err)
			}
		}
	}
}

// targets lists the targets of make that a script or a workflow runs. Comments do not count.
func targets(text string) []string {
	found := map[string]bool{}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		for _, match := range regexp.MustCompile(`\bmake ([a-z-]+)`).FindAllStringSubmatch(line, -1) {
			found[match[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// onlyForUsers are the checks of .github/workflows/ci.yml that .ci/run has not, and why.
var onlyForUsers = map[string]string{
	"vulncheck": "A database on the network tells of new vulnerabilities: what has passed may fail the next day, with nothing changed.",
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
	want := slices.Concat(targets(string(own)), slices.Collect(maps.Keys(onlyForUsers)))
	slices.Sort(want)
	if diff := cmp.Diff(want, targets(users)); diff != "" {
		t.Errorf("targets of make, here (-) and for users (+):\n%s", diff)
	}
	for _, least := range []string{"lint", "test", "synth"} {
		if !slices.Contains(want, least) {
			t.Errorf("neither runs make %s: %v", least, want)
		}
	}
	if !strings.Contains(string(own), "export CI=1") {
		t.Error("here a linter that is missing is skipped; GitHub sets CI by itself")
	}
	if strings.Count(users, "pip install") != strings.Count(users, "build/venv/bin/pip install") {
		t.Error("pip installs into the distribution's Python, which refuses that unless the image works around it")
	}
}
