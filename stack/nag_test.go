package stack

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
)

// TestNagFindsNothing reads cdk-nag's report: a finding is either absent or suppressed for a reason that is written down.
func TestNagFindsNothing(t *testing.T) {
	eachTemplate(t, func(t *testing.T, tt template) {
		f, err := os.Open(filepath.Join(synthesisOf(t).folder, "cdk.out", "AwsSolutions-"+tt.stack+"-NagReport.csv"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		checked, suppressed := 0, 0
		for _, row := range rows[1:] { // rule, resource, compliance, reason, level, information
			switch row[2] {
			case "Compliant":
				checked++
			case "Suppressed":
				suppressed++
				if len(row[3]) < 40 {
					t.Errorf("%s of %s is suppressed because %q: say why in words that a reviewer can check", row[0], row[1], row[3])
				}
			default:
				t.Errorf("%s of %s is %s: %s", row[0], row[1], row[2], row[5])
			}
		}
		if checked < 20 || suppressed == 0 {
			t.Errorf("%d rows compliant and %d suppressed: the report is not that of this stack", checked, suppressed)
		}
	})
}
