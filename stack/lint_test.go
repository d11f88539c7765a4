package stack

import (
	"os"
	"os/exec"
	"testing"
)

// TestCFNLintFindsNothing runs cfn-lint where it is installed (pip install cfn-lint==1.58.0), with all its checks.
// Continuous integration installs it: there it may not be missing.
func TestCFNLintFindsNothing(t *testing.T) {
	lint, err := exec.LookPath("cfn-lint")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("cfn-lint is not installed, and this is continuous integration: pip install cfn-lint==1.58.0")
		}
		t.Skip("cfn-lint is not installed: pip install cfn-lint==1.58.0")
	}
	eachTemplate(t, func(t *testing.T, tt template) {
		if out, err := exec.CommandContext(t.Context(), lint, "--", tt.file).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}
