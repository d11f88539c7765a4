package stack

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// policyDocument is a policy as docs/deploying.md has people make it.
type policyDocument struct {
	Statement []struct {
		Action    string
		Resource  texts
		Principal struct{ Federated string }
		Condition struct{ StringEquals map[string]string }
	}
}

// texts is a text or a list of them.
type texts []string

func (l *texts) UnmarshalJSON(text []byte) error {
	if !strings.HasPrefix(string(text), "[") {
		text = []byte("[" + string(text) + "]")
	}
	return json.Unmarshal(text, (*[]string)(l))
}

// githubPolicy reads a policy from the page: that which the shell function of this name writes, in an environment's account.
func githubPolicy(t *testing.T, function string, e environment) policyDocument {
	t.Helper()
	page, err := os.ReadFile("../docs/deploying.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, begins := strings.Cut(string(page), "\n"+function+"() { cat <<EOF\n")
	text, _, ends := strings.Cut(rest, "\nEOF\n")
	if !begins || !ends {
		t.Fatalf("docs/deploying.md has no function %s", function)
	}
	text = strings.NewReplacer("$account", e.Account, "$AWS_REGION", e.Region, "$environment", strings.ToLower(e.Name), "$stack", Name(e.Name)).Replace(text)
	var p policyDocument
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatalf("%s: %v\n%s", function, err, text)
	}
	return p
}

// assumed lists the roles that cdk assumes to deploy a stack: one for the stack, others for what it publishes.
func assumed(t *testing.T, stack string) []string {
	t.Helper()
	folder := filepath.Join(synthesisOf(t).folder, "cdk.out")
	var manifest struct {
		Artifacts map[string]struct {
			Properties struct{ AssumeRoleArn string }
		}
	}
	var assets struct {
		Files, DockerImages map[string]struct {
			Destinations map[string]struct{ AssumeRoleArn string }
		}
	}
	for file, into := range map[string]any{"manifest.json": &manifest, stack + ".assets.json": &assets} {
		text, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	roles := []string{manifest.Artifacts[stack].Properties.AssumeRoleArn}
	for _, f := range assets.Files {
		for _, d := range f.Destinations {
			roles = append(roles, d.AssumeRoleArn)
		}
	}
	if len(assets.DockerImages) > 0 {
		t.Errorf("%s publishes images, for which cdk assumes one more role", stack)
	}
	for i := range roles {
		roles[i] = strings.ReplaceAll(roles[i], "${AWS::Partition}", "aws")
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// TestGitHubMayDeployAndNoMore: the roles that docs/deploying.md makes may do what make deploy-synth and make diff-synth do.
func TestGitHubMayDeployAndNoMore(t *testing.T) {
	for _, name := range []string{"Staging", "Production"} {
		e := synthesisOf(t).environments[name]
		deploys, reads := githubPolicy(t, "deploys", e), githubPolicy(t, "reads", e)
		if len(deploys.Statement) != 2 || len(reads.Statement) != 1 {
			t.Fatalf("%d and %d statements, want 2 and 1", len(deploys.Statement), len(reads.Statement))
		}
		assume, see, read := deploys.Statement[0], deploys.Statement[1], reads.Statement[0]
		if diff := cmp.Diff(assumed(t, Name(name)), []string(assume.Resource)); assume.Action != "sts:AssumeRole" || diff != "" {
			t.Errorf("%s; roles that cdk assumes (-) and that may be assumed (+):\n%s", assume.Action, diff)
		}
		for _, m := range statemachines.Names() {
			prefix, wildcard := strings.CutSuffix(see.Resource[0], "*")
			if see.Action != "states:ListExecutions" || len(see.Resource) != 1 || !wildcard || !strings.HasPrefix(e.machineARN(m), prefix) {
				t.Errorf("%s of %s: not of %s", see.Action, see.Resource, e.machineARN(m))
			}
		}
		if want := (texts{e.arn("cloudformation", "stack/"+Name(name)+"/*")}); read.Action != "cloudformation:GetTemplate" || !slices.Equal(read.Resource, want) {
			t.Errorf("%s of %s, want of %s", read.Action, read.Resource, want)
		}
	}
}

// TestGitHubsTokensAreTrustedByTheirSubject: without it every repository of GitHub could take the role.
func TestGitHubsTokensAreTrustedByTheirSubject(t *testing.T) {
	e := synthesisOf(t).environments["Staging"]
	trust := githubPolicy(t, "trust", e)
	if len(trust.Statement) != 1 {
		t.Fatalf("%d statements, want 1", len(trust.Statement))
	}
	s := trust.Statement[0]
	if provider := "arn:aws:iam::" + e.Account + ":oidc-provider/token.actions.githubusercontent.com"; s.Action != "sts:AssumeRoleWithWebIdentity" || s.Principal.Federated != provider {
		t.Errorf("%s by %s, want by %s", s.Action, s.Principal.Federated, provider)
	}
	want := map[string]string{
		"token.actions.githubusercontent.com:aud": "sts.amazonaws.com", // what configure-aws-credentials asks a token for
		"token.actions.githubusercontent.com:sub": "$subject:$1",
	}
	if diff := cmp.Diff(want, s.Condition.StringEquals); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestThePageNamesTheVariablesOfTheWorkflow and the branch that it deploys.
func TestThePageNamesTheVariablesOfTheWorkflow(t *testing.T) {
	page, err := os.ReadFile("../docs/deploying.md")
	if err != nil {
		t.Fatal(err)
	}
	head, jobs := workflow(t, "deploy.yml")
	for job, words := range map[string][]string{
		"diff":   {"vars.DIFF_ROLE_ARN_STAGING", "vars.DIFF_ROLE_ARN_PRODUCTION"},
		"deploy": {"vars.DEPLOY_ROLE_ARN"},
	} {
		for _, w := range words {
			if !strings.Contains(jobs[job], w) {
				t.Errorf("the job %s does not use %s", job, w)
			}
		}
	}
	for _, w := range []string{"gh variable set DEPLOY_ROLE_ARN --repo", `gh variable set "DIFF_ROLE_ARN_$(tr a-z A-Z <<<"$environment")" --repo`, "$(trust ref:refs/heads/main)", `$(trust "environment:$environment")`} {
		if !strings.Contains(string(page), w) {
			t.Errorf("docs/deploying.md lacks %s", w)
		}
	}
	if !strings.Contains(head, "branches: [main]") {
		t.Errorf("the workflow deploys another branch than the page protects:\n%s", head)
	}
}
