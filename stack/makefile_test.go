package stack

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// makes runs make in a folder and returns what it writes.
func makes(t *testing.T, folder string, arguments ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "make", append([]string{"-C", folder}, arguments...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("make %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return string(out)
}

// TestAFunctionIsBuiltToTheSameBytes builds the smallest function twice by the Makefile: here, where version control is,
// and from a copy of its sources in another folder. Were the bytes others, every deployment would replace every function.
func TestAFunctionIsBuiltToTheSameBytes(t *testing.T) {
	const function = "plan-update/bootstrap"
	copied := filepath.Join(t.TempDir(), "a", "copy")
	for _, folder := range []string{"pkg", "lambdas"} {
		if err := os.CopyFS(filepath.Join(copied, folder), os.DirFS(filepath.Join("..", folder))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.mod", "go.sum", "Makefile"} {
		text, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(copied, file), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var built [2][]byte
	for i, folder := range []string{"..", copied} {
		dist := t.TempDir()
		makes(t, folder, "DIST="+dist, filepath.Join(dist, function))
		var err error
		if built[i], err = os.ReadFile(filepath.Join(dist, function)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(built[0], built[1]) {
		t.Errorf("%d and %d bytes, which differ", len(built[0]), len(built[1]))
	}
	if root, err := filepath.Abs(".."); err != nil || bytes.Contains(built[0], []byte(root)) {
		t.Errorf("the function tells where it was built: %s (%v)", root, err)
	}
}

// TestEveryCommandOfTheCDKIsGivenTheFunctions: the app refuses to list its stacks without them, in a fresh clone too.
// Only those that end in -synth take what has been synthesised.
func TestEveryCommandOfTheCDKIsGivenTheFunctions(t *testing.T) {
	for target, want := range map[string]string{
		"bootstrap": `bootstrap "$environment"`, "synth": "synth --quiet", "diff": "diff DistrictBuilderOps-Production",
		"deploy": "deploy DistrictBuilderOps-Production", "destroy": "destroy DistrictBuilderOps-Production",
	} {
		out := makes(t, "..", "--dry-run", target, "ENV=production", "DIST="+t.TempDir())
		before, _, found := strings.Cut(out, want)
		if !found || !strings.Contains(before, "/find-regions/bootstrap ./lambdas/find-regions") {
			t.Errorf("make %s does not build the functions before cdk %s:\n%s", target, want, out)
		}
		if strings.Contains(out, "--app cdk.out") && !strings.Contains(before, "synth --quiet") {
			t.Errorf("make %s takes what an earlier make has left in cdk.out:\n%s", target, out)
		}
	}
	for _, command := range []string{"deploy", "diff"} {
		if out := makes(t, "..", "--dry-run", command+"-synth", "ENV=production"); strings.Contains(out, "go build") || !strings.Contains(out, command+" DistrictBuilderOps-Production --app cdk.out") {
			t.Errorf("make %s-synth: %s", command, out)
		}
	}
}
