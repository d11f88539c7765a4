package stack

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// makeRun is a run of make in a copy of the project that has been synthesised but has no functions to build.
// In the place of the commands aws and cdk (npx) are stubs that write down how they were called.
type makeRun struct {
	folder string
	calls  string // file: each call's words in a line
}

// answer is what the stub of the aws command does when the words of the call contain one of these.
type answer struct{ to, out, err string }

func newMakeRun(t *testing.T, answers ...answer) makeRun {
	t.Helper()
	r := makeRun{folder: t.TempDir()}
	r.calls = filepath.Join(r.folder, "calls")
	scripts, err := filepath.Glob("*.sh")
	if err != nil || scripts == nil {
		t.Fatalf("no scripts: %v", err)
	}
	r.copy(t, "../Makefile", "Makefile")
	for _, s := range scripts {
		r.copy(t, s, filepath.Join("stack", s))
	}
	for _, m := range statemachines.Names() {
		file := filepath.Join("statemachines", m+".asl.json")
		r.copy(t, filepath.Join("..", file), file)
	}
	r.copy(t, filepath.Join(synthesisOf(t).folder, "cdk.out", "manifest.json"), "cdk.out/manifest.json")
	r.stub(t, "npx", "")
	var cases strings.Builder
	for _, a := range answers {
		status := 0
		if a.err != "" {
			status = 254 // what the aws command ends with when the service refuses
		}
		fmt.Fprintf(&cases, "case \"$*\" in *'%s'*) printf '%%s' '%s'; printf '%%s' '%s' >&2; exit %d;; esac\n", a.to, a.out, a.err, status)
	}
	r.stub(t, "aws", cases.String())
	t.Setenv("PATH", filepath.Join(r.folder, "bin")+":"+os.Getenv("PATH"))
	return r
}

func (r makeRun) copy(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	r.write(t, to, text, info.Mode())
}

func (r makeRun) write(t *testing.T, to string, text []byte, mode os.FileMode) {
	t.Helper()
	to = filepath.Join(r.folder, to)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, text, mode); err != nil {
		t.Fatal(err)
	}
}

func (r makeRun) stub(t *testing.T, command, does string) {
	t.Helper()
	r.write(t, filepath.Join("bin", command), []byte("#!/usr/bin/env bash\necho \""+command+" $*\" >>'"+r.calls+"'\n"+does), 0o755)
}

// make runs a target and returns what it writes, the calls of the stubs in their order, and whether it succeeds.
func (r makeRun) make(t *testing.T, arguments ...string) (out string, calls []string, ok bool) {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), "make", append([]string{"-C", r.folder}, arguments...)...).CombinedOutput()
	recorded, readErr := os.ReadFile(r.calls)
	if readErr != nil && !os.IsNotExist(readErr) {
		t.Fatal(readErr)
	}
	return string(text), strings.Split(strings.TrimSuffix(string(recorded), "\n"), "\n"), err == nil
}

const (
	refused = "An error occurred (AccessDeniedException) when calling the ListExecutions operation: User is not authorized"
	noSuch  = "An error occurred (StateMachineDoesNotExist) when calling the ListExecutions operation: State Machine Does Not Exist"
)

func TestIdle(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers []answer
		want    []string // said by the target; it succeeds if there is nothing to say
	}{
		{"nothing runs", nil, nil},
		{"before the first deployment", []answer{{to: "list-executions", err: noSuch}}, nil},
		{"only one machine is deployed", []answer{{to: "restart-services", err: noSuch}}, nil},
		{"two runs of the last machine", []answer{{to: "update-regions", out: "upload-texas\tby-hand"}},
			[]string{"dbops-staging-update-regions: upload-texas\n", "dbops-staging-update-regions: by-hand\n", "DURING_A_RUN=yes", "dbops status"}},
		{"a run of the first machine", []answer{{to: "restart-services", out: "restart"}}, []string{"dbops-staging-restart-services: restart\n"}},
		{"a run, and a machine that does not exist", []answer{{to: "restart-services", err: noSuch}, {to: "update-regions", out: "texas"}}, []string{"update-regions: texas\n"}},
		{"may not look", []answer{{to: "list-executions", err: refused}}, []string{refused, "states:ListExecutions"}},
		{"may not look at the last", []answer{{to: "update-regions", err: refused}}, []string{refused}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, _, ok := newMakeRun(t, tt.answers...).make(t, "idle", "ENV=staging")
			if ok != (tt.want == nil) {
				t.Errorf("success %t:\n%s", ok, out)
			}
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("does not say %q:\n%s", want, out)
				}
			}
		})
	}
}

// TestIdleAsksForEachMachine of the environment, where the stack is deployed.
func TestIdleAsksForEachMachine(t *testing.T) {
	for name, environment := range map[string]string{"Staging": "staging", "Production": "production"} {
		for profile, access := range map[string]string{"": "", "someone": " --profile someone"} {
			e := synthesisOf(t).environments[name]
			var want []string
			for _, m := range slices.Sorted(slices.Values(statemachines.Names())) {
				want = append(want, "aws stepfunctions list-executions --state-machine-arn "+e.machineARN(m)+
					" --status-filter RUNNING --query executions[].name --output text --region "+e.Region+access)
			}
			out, calls, _ := newMakeRun(t).make(t, "idle", "ENV="+environment, "PROFILE="+profile)
			if diff := cmp.Diff(want, calls); diff != "" {
				t.Errorf("-want +got:\n%s\n%s", diff, out)
			}
		}
	}
}

func TestNothingIsChangedDuringARun(t *testing.T) {
	for _, target := range []string{"deploy", "deploy-synth", "destroy"} {
		command := strings.TrimSuffix(target, "-synth") + " DistrictBuilderOps-Staging --app cdk.out"
		changes := func(calls []string) bool {
			return slices.ContainsFunc(calls, func(c string) bool { return strings.Contains(c, command) })
		}
		t.Run(target, func(t *testing.T) {
			running := answer{to: "update-regions", out: "upload-texas"}
			if out, calls, ok := newMakeRun(t, running).make(t, target, "ENV=staging"); ok || changes(calls) || !strings.Contains(out, "upload-texas") {
				t.Errorf("success %t during a run: %q\n%s", ok, calls, out)
			}
			if out, calls, ok := newMakeRun(t, running).make(t, target, "ENV=staging", "DURING_A_RUN=yes"); !ok || !changes(calls) {
				t.Errorf("success %t though it is meant: %q\n%s", ok, calls, out)
			}
			if out, calls, ok := newMakeRun(t).make(t, target, "ENV=staging"); !ok || !changes(calls) {
				t.Errorf("success %t while nothing runs: %q\n%s", ok, calls, out)
			}
		})
	}
}

func TestBootstrapIsThatOfTheStack(t *testing.T) {
	e := synthesisOf(t).environments["Production"]
	out, calls, ok := newMakeRun(t).make(t, "bootstrap", "ENV=production", "BOOTSTRAP_OPTIONS=--qualifier other")
	if want := "bootstrap aws://" + e.Account + "/" + e.Region + " --app cdk.out --qualifier other --profile district-builder"; !ok || !strings.HasSuffix(calls[len(calls)-1], want) {
		t.Errorf("success %t, calls %q, want %s\n%s", ok, calls, want, out)
	}
}

// TestATargetSaysWhatItLacks when cdk.out is not there or has no such stack.
func TestATargetSaysWhatItLacks(t *testing.T) {
	for _, target := range []string{"idle", "diff-synth", "deploy-synth", "bootstrap"} {
		r := newMakeRun(t)
		r.write(t, "cdk.out/manifest.json", []byte(`{"artifacts":{}}`), 0o644)
		if out, calls, ok := r.make(t, target, "ENV=staging"); ok || !strings.Contains(out, "cdk.json has no settings for staging") || strings.Contains(calls[len(calls)-1], "DistrictBuilderOps") {
			t.Errorf("%s without the stack: success %t, calls %q\n%s", target, ok, calls, out)
		}
		if err := os.RemoveAll(filepath.Join(r.folder, "cdk.out")); err != nil {
			t.Fatal(err)
		}
		if target == "bootstrap" {
			continue // it synthesises
		}
		if out, _, ok := r.make(t, target, "ENV=staging"); ok || !strings.Contains(out, "run: make synth") {
			t.Errorf("%s without cdk.out: success %t\n%s", target, ok, out)
		}
	}
}

func TestDiffOfWhatIsSynthesised(t *testing.T) {
	const noStack = "An error occurred (ValidationError) when calling the GetTemplate operation: Stack with id DistrictBuilderOps-Production does not exist"
	for _, tt := range []struct {
		name   string
		answer answer
		want   string // compared with; empty: it fails, and nothing is compared
	}{
		{"deployed", answer{to: "get-template", out: `{"Resources": {}}`}, `{"Resources": {}}`},
		{"not deployed yet", answer{to: "get-template", err: noStack}, "{}\n"},
		{"may not look", answer{to: "get-template", err: "An error occurred (AccessDenied) when calling the GetTemplate operation"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newMakeRun(t, tt.answer)
			out, calls, ok := r.make(t, "diff-synth", "ENV=production", "PROFILE=")
			if ok != (tt.want != "") {
				t.Fatalf("success %t: %q\n%s", ok, calls, out)
			}
			if !ok {
				if !strings.Contains(out, "AccessDenied") || len(calls) != 1 {
					t.Errorf("%q\n%s", calls, out)
				}
				return
			}
			e := synthesisOf(t).environments["Production"]
			if asked := "aws cloudformation get-template --stack-name " + Name(e.Name) + " --template-stage Original --query TemplateBody --output json --region " + e.Region; calls[0] != asked {
				t.Errorf("asked %q, want %q", calls[0], asked)
			}
			if compared := " diff " + Name(e.Name) + " --app cdk.out --template cdk.out/deployed.json"; len(calls) != 2 || !strings.HasSuffix(calls[1], compared) {
				t.Errorf("%q, want a second call with %s", calls, compared)
			}
			if got, err := os.ReadFile(filepath.Join(r.folder, "cdk.out", "deployed.json")); err != nil || string(got) != tt.want {
				t.Errorf("compared with %q (%v)", got, err)
			}
		})
	}
}
