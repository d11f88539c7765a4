package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

const (
	ours      = "pkg/s3copy, verified"
	awsCopy   = "aws s3 cp --recursive"
	s5cmdCopy = "s5cmd cp"
	maximum   = 64 << 20 // bytes above the idle process
	factor    = 10       // times the aws command
)

// table holds all measures, by tool.
type table struct {
	settings settings
	objects  int
	bytes    int64
	names    []string
	all      map[string][]one
	missing  []string
}

func (t *table) add(name string, got one) {
	if t.all == nil {
		t.all = map[string][]one{}
	}
	if t.all[name] == nil {
		t.names = append(t.names, name)
	}
	t.all[name] = append(t.all[name], got)
}

// median returns the middle of one measure of a tool, 0 if the tool took no part.
func (t *table) median(name string, of func(one) float64) float64 {
	var values []float64
	for _, o := range t.all[name] {
		values = append(values, of(o))
	}
	if values == nil {
		return 0
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func (t *table) seconds(name string) float64 {
	return t.median(name, func(o one) float64 { return o.seconds })
}

func (t *table) above(name string) float64 {
	return t.median(name, func(o one) float64 { return float64(o.peak - o.idle) })
}

// String writes the table.
func (t *table) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d objects, %.0f MB, %v a request%s, %s server, median of %d\n", t.objects, float64(t.bytes)/1e6, t.settings.delay, t.moving(), t.settings.server, t.settings.rounds)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "tool\tseconds\tleast\tmost\tobjects/s\tours is faster by\tCPU s\tserver's\tproxy's\tMiB above idle\t")
	for _, name := range t.names {
		seconds := t.seconds(name)
		all := t.all[name]
		least := slices.MinFunc(all, func(x, y one) int { return compare(x.seconds, y.seconds) }).seconds
		most := slices.MaxFunc(all, func(x, y one) int { return compare(x.seconds, y.seconds) }).seconds
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t%.0f\t%.2f\t%.2f\t%.2f\t%.2f\t%.0f\t\n", name, seconds, least, most, float64(t.objects)/seconds, seconds/t.seconds(ours),
			t.median(name, func(o one) float64 { return o.cpu }), t.median(name, func(o one) float64 { return o.server }),
			t.median(name, func(o one) float64 { return o.proxy }), t.above(name)/(1<<20))
	}
	w.Flush()
	fmt.Fprintf(&b, "verifying took %.2f s of ours\n", t.median(ours, func(o one) float64 { return o.verified }))
	for _, name := range t.missing {
		fmt.Fprintf(&b, "not installed, so not compared: %s\n", name)
	}
	return b.String()
}

// moving says how fast a copy is, beside the delay.
func (t *table) moving() string {
	if t.settings.rate == 0 || t.settings.server != "memory" {
		return ""
	}
	return fmt.Sprintf(" and its size at %d MB/s", t.settings.rate)
}

func compare(x, y float64) int {
	if x < y {
		return -1
	}
	return 1
}

// goals returns the goals that were missed. A tool that is not installed cannot be lost against.
func (t *table) goals() error {
	var missed []error
	if s := t.seconds(awsCopy); s > 0 && s < factor*t.seconds(ours) {
		missed = append(missed, fmt.Errorf("goal missed: %.1f times as fast as %s, not %d times", s/t.seconds(ours), awsCopy, factor))
	}
	if s := t.seconds(s5cmdCopy); s > 0 && s <= t.seconds(ours) {
		missed = append(missed, fmt.Errorf("goal missed: not faster than %s", s5cmdCopy))
	}
	if above := t.above(ours); above > maximum {
		missed = append(missed, fmt.Errorf("goal missed: %.0f MiB above the idle process, over %d", above/(1<<20), maximum>>20))
	}
	return errors.Join(missed...)
}
