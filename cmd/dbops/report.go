package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox"
)

// report tells how the run ended and proves it. Its error is the demonstration's exit status.
func (d *demo) report(ctx context.Context, audit *sandbox.Audit, updates []sandbox.Update, e *sandbox.Execution) error {
	result := e.Result()
	d.screen.print("", ended(result), "")
	switch {
	case result.Status != asl.Succeeded:
		d.screen.print(indented(pretty([]byte(result.Cause))), "")
	case d.scenario.dryRun:
		d.screen.print(indented(pretty(result.Output)), "")
	}
	if err := d.tables(ctx, audit, updates); err != nil {
		return err
	}
	broken, err := d.proof(ctx, audit, result)
	if err != nil {
		return err
	}
	if len(broken) > 0 {
		return outcome{exitFailedDirty, "what must hold does not hold:\n  " + strings.Join(broken, "\n  ")}
	}
	end := "Succeeded"
	if result.Status != asl.Succeeded {
		end = result.Error
	}
	if end != d.scenario.end {
		return outcome{exitFailedDirty, fmt.Sprintf("the run ended in %s; this scenario should end in %s", end, d.scenario.end)}
	}
	if end != "Succeeded" {
		return outcome{exitFailedClean, "the run failed clean, as this scenario should: everything is as it was before"}
	}
	return nil
}

func ended(r *asl.Result) string {
	if r.Status == asl.Succeeded {
		return "the run SUCCEEDED"
	}
	return fmt.Sprintf("the run ended %s: %s", r.Status, r.Error)
}

// proof gathers every promise that does not hold.
func (d *demo) proof(ctx context.Context, audit *sandbox.Audit, result *asl.Result) ([]string, error) {
	d.check(ctx, audit)
	broken := slices.Clone(d.broken)
	checks := []func(context.Context) ([]string, error){audit.Restored}
	if result.Status == asl.Succeeded && !d.scenario.dryRun {
		checks = append(checks, audit.Updated)
	} else {
		checks = append(checks, audit.Unchanged)
	}
	for _, check := range checks {
		found, err := check(ctx)
		if err != nil {
			return nil, err
		}
		broken = append(broken, found...)
	}
	slices.Sort(broken)
	return slices.Compact(broken), nil
}

// tables show regions and fleet before and after.
func (d *demo) tables(ctx context.Context, audit *sandbox.Audit, updates []sandbox.Update) error {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "region\tversion before\tversion after\tlive data\tobjects compared\tbackups")
	rows, err := audit.Regions(ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		after := "the same"
		if !r.After.Equal(r.Before) {
			after = r.After.UTC().Format("2006-01-02 15:04:05.000")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, r.Before.UTC().Format("2006-01-02 15:04:05.000"), after, r.Data, r.Compared, strings.Join(r.Backups, ", "))
	}
	_ = w.Flush()
	d.screen.print(strings.TrimRight(b.String(), "\n"), "")
	f, err := audit.Fleet(ctx)
	if err != nil {
		return err
	}
	d.screen.print(
		"old tasks     "+strings.Join(f.Old, ", "),
		"tasks now     "+strings.Join(f.Now, ", "),
		fmt.Sprintf("healthy       never under %d, at most %d; usually %d", f.LeastHealthy, f.MostHealthy, audit.UsualHealthy()),
		"over time     "+healthLine(f.Samples),
		fmt.Sprintf("service       wants %d, before %d;  group %d, before %d;  fence, protection and lock: %s", f.Desired, f.DesiredBefore, f.Group, f.GroupBefore, f.Rest), "")
	return nil
}

// healthLine writes the healthy targets over time: 3 ×12m, 4 ×1m, …
func healthLine(samples []sandbox.HealthSpan) string {
	var spans []string
	for _, s := range samples {
		spans = append(spans, fmt.Sprintf("%d (%s)", s.Healthy, s.For.Round(time.Second)))
	}
	return strings.Join(spans, " → ")
}

func pretty(text []byte) string {
	var v any
	if json.Unmarshal(text, &v) != nil {
		return string(text)
	}
	out, err := json.MarshalIndent(unfold(v), "", "  ")
	if err != nil {
		return string(text)
	}
	return string(out)
}

// unfold opens JSON that stands as text inside JSON, as causes do.
func unfold(v any) any {
	switch v := v.(type) {
	case string:
		var inner any
		if strings.HasPrefix(v, "{") && json.Unmarshal([]byte(v), &inner) == nil {
			return unfold(inner)
		}
		if strings.Contains(v, "\n") {
			return strings.Split(v, "\n")
		}
	case map[string]any:
		for key, value := range v {
			v[key] = unfold(value)
		}
	case []any:
		for i, value := range v {
			v[i] = unfold(value)
		}
	}
	return v
}

func indented(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
