package deployed

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/publicmapping/districtbuilder-ops/pkg/readiness"
)

// progress is what a look at the fleet has found: a line for the whole, and one for each new task. A state whose output
// is no such look gives none.
func progress(output string) []string {
	var r readiness.Report
	if json.Unmarshal([]byte(output), &r) != nil || r.Verdict == "" || r.Expected == 0 {
		return nil
	}
	found := []string{fmt.Sprintf("%s: %d of %d new tasks healthy%s; %d old ones run", r.Verdict, r.Healthy, r.Expected, eta(r.ETASeconds), r.OldRunning)}
	for _, t := range r.Tasks {
		found = append(found, "  "+taskLine(t))
	}
	return found
}

const barWidth = 24

func taskLine(t readiness.TaskReport) string {
	filled := 0
	if t.Total > 0 {
		filled = min(barWidth, barWidth*t.Complete/t.Total)
	}
	line := fmt.Sprintf("%s %-8s %s%s %d/%d", t.ID[:min(6, len(t.ID))], t.State, strings.Repeat("█", filled), strings.Repeat("░", barWidth-filled), t.Complete, t.Total)
	if len(t.Loading) > 0 {
		line += "  loading " + strings.Join(t.Loading, ", ")
	}
	return line + eta(t.ETASeconds)
}

func eta(seconds *int) string {
	if seconds == nil {
		return ""
	}
	left := time.Duration(*seconds) * time.Second
	if left < time.Minute {
		return ", less than a minute left"
	}
	return fmt.Sprintf(", about %d min left", int((left+30*time.Second)/time.Minute))
}
