package stack

import (
	"os/exec"
	"testing"
)

// TestCFNLintFindsNothing runs cfn-lint where it is installed (pip install cfn-lint); continuous integration installs it.
// W3005, a DependsOn that a reference implies already, is the CDK's own doing.
func TestCFNLintFindsNothing(t *testing.T) {
	lint, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Skip("cfn-lint is not installed: pip install cfn-lint")
	}
	eachEnvironment(t, func(t *testing.T, _ environment, tt template) {
		if out, err := exec.CommandContext(t.Context(), lint, "--ignore-checks", "W3005", "--", tt.file).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}
