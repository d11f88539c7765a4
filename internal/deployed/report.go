package deployed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
	"github.com/publicmapping/districtbuilder-ops/pkg/plan"
)

// Tell says in an operator's words how an execution ended, and what to do. What an abandoned run has left is not in
// its end: ask for it by List.
func (c Caller) Tell(e End) []string {
	switch e.Outcome() {
	case Succeeded:
		return success(e.Output)
	case FailedClean:
		name, message := explain(e.Error, e.Cause)
		told := append([]string{"FailedClean: everything is as it was before.", ""}, titled(name, message)...)
		return append(told, "", "Mend the cause, then start again.")
	case FailedDirty:
		return c.dirty(e)
	}
	told := []string{e.Status + ": nobody has cleaned up."}
	if name, message := explain(e.Error, e.Cause); name != "" || message != nil {
		told = append(append(told, ""), titled(name, message)...)
	}
	return told
}

func titled(name string, message []string) []string {
	told := []string{name}
	for _, line := range message {
		told = append(told, "  "+line)
	}
	return told
}

// dirty tells of a FailedDirty: why, what could not be put back, and the commands that do it.
func (c Caller) dirty(e End) []string {
	var d struct {
		Cause    json.RawMessage
		Problems []struct{ Error, Cause string }
		Left     json.RawMessage
		More     int
	}
	told := []string{"FailedDirty: something is left."}
	ask := "dbops left " + e.Run + " lists what is left now."
	if json.Unmarshal([]byte(e.Cause), &d) != nil { // it is cut off where Step Functions allows no more
		return append(append(append(told, ""), titled("", lines(e.Cause))...), "", ask)
	}
	told = append(append(told, ""), titled(explain("", text(d.Cause)))...)
	for _, p := range d.Problems {
		told = append(told, "could not be put back: "+brief(p.Error, p.Cause))
	}
	var left []journal.Left
	if err := json.Unmarshal(d.Left, &left); err != nil {
		return append(told, "", text(d.Left), ask)
	}
	if len(left) > 0 {
		told = append(append(told, "", how, ""), c.Commands(left)...)
	}
	if d.More > 0 || len(left) == 0 {
		told = append(told, "", ask)
	}
	return told
}

// text is a JSON text's content, or any other JSON as it stands.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// success tells of the three ends that are one: Updated, Restarted and Planned.
func success(output string) []string {
	var o struct {
		Steps    []string
		Versions []json.RawMessage
		NewTasks []string
	}
	if json.Unmarshal([]byte(output), &o) == nil {
		switch {
		case o.Steps != nil:
			return planned(output)
		case o.Versions != nil:
			return updated(output)
		case o.NewTasks != nil:
			return restarted(output)
		}
	}
	return []string{"Succeeded.", "", output}
}

func restarted(output string) []string {
	var o struct{ OldTasks, NewTasks []string }
	if err := json.Unmarshal([]byte(output), &o); err != nil {
		return []string{"Restarted.", "", output}
	}
	told := []string{fmt.Sprintf("Restarted: %d new tasks serve, the %d old ones are gone.", len(o.NewTasks), len(o.OldTasks))}
	for _, t := range o.NewTasks {
		told = append(told, "  "+t[strings.LastIndexByte(t, '/')+1:])
	}
	return told
}

func updated(output string) []string {
	var o struct {
		Regions  []struct{ ID, Name, URI string }
		Backups  []struct{ ID, Backup string }
		Versions []struct {
			ID       string
			Old, New time.Time
		}
		Restart json.RawMessage
	}
	if err := json.Unmarshal([]byte(output), &o); err != nil {
		return []string{"Updated.", "", output}
	}
	told := []string{fmt.Sprintf("Updated: the new data of %d %s is live, every task serves it, the versions are bumped.", len(o.Regions), plural(len(o.Regions), "region"))}
	for _, r := range o.Regions {
		told = append(told, "", r.Name+"  "+r.URI)
		for _, b := range o.Backups {
			if b.ID == r.ID {
				told = append(told, "  backup   "+b.Backup)
			}
		}
		for _, v := range o.Versions {
			if v.ID == r.ID {
				told = append(told, "  version  "+stamp(v.Old)+" → "+stamp(v.New))
			}
		}
	}
	told = append(append(told, ""), restarted(string(o.Restart))...)
	return append(told, "", "Next: quality assurance. Open the test maps of each region, and edit them.")
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

func planned(output string) []string {
	var p plan.Plan
	if err := json.Unmarshal([]byte(output), &p); err != nil {
		return []string{"Planned; nothing has been changed.", "", output}
	}
	told := []string{"Planned; nothing has been changed.", ""}
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "region\tbacked up\toverwritten\tmaps\tbackup")
	for _, r := range p.Regions {
		maps := fmt.Sprintf("%d recompute", r.MapsToRecompute)
		if !r.MapsStayValid {
			maps += ", WOULD BREAK"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Name, volume(r.BackedUp), volume(r.Overwritten), maps, r.Backup)
	}
	_ = w.Flush() // to a buffer
	told = append(append(told, lines(b.String())...), "")
	f := p.Fleet
	told = append(told, fmt.Sprintf("tasks %d → %d → %d, instances %d → %d → %d", f.Before.Tasks, f.During.Tasks, f.After.Tasks, f.Before.Instances, f.During.Instances, f.After.Instances), "")
	for i, step := range p.Steps {
		told = append(told, fmt.Sprintf("%d. %s", i+1, step))
	}
	for _, warning := range p.Beware {
		told = append(told, "beware: "+warning)
	}
	return append(told, "", fmt.Sprintf("It would cost about $%.2f, and $%.2f a month for the backups until they are deleted.", p.Cost.Total, p.Cost.BackupPerMonth))
}

func volume(v plan.Volume) string {
	return fmt.Sprintf("%d objects, %.1f MB", v.Objects, float64(v.Bytes)/1e6)
}
