package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/stack/settings"
)

var marks = map[level]string{ok: "ok", warning: "warning", unknown: "unknown", missing: "MISSING"}

// report prints the findings and tells whether a deployment can begin: nothing is missing, and nothing could not be seen.
func report(w io.Writer, e settings.Environment, found []finding) (ready bool) {
	fmt.Fprintf(w, "%s\n", e.Name)
	count := map[level]int{}
	for _, f := range found {
		count[f.level]++
		says := f.says
		if says != "" {
			says = ": " + says
		}
		fmt.Fprintf(w, "  %-9s%s%s\n", marks[f.level], f.what, says)
	}
	for _, things := range packed(unseen(e), 105) {
		fmt.Fprintf(w, "  %-9s%s\n", "not seen", things)
	}
	env := "ENV=" + strings.ToLower(e.Name)
	if count[missing]+count[unknown] == 0 {
		fmt.Fprintf(w, "nothing is missing: make deploy %s\n", env)
		return true
	}
	fmt.Fprintf(w, "%d missing, %d unknown: mend it, then make preflight %s again\n", count[missing], count[unknown], env)
	return false
}

// unseen is what no check looks at, so that nobody takes the screen to say more than it does.
func unseen(e settings.Environment) []string {
	var things []string
	if e.Database.ResourceID == "" {
		things = append(things, "the database (it has no resourceId)")
	}
	things = append(things, "its logins")
	if len(e.Database.SecretARNs) > 0 {
		things = append(things, "what the secrets hold")
	}
	if d := e.Other.Database; d != nil && d.ResourceID == "" {
		things = append(things, "the route to other.database")
	}
	things = append(things, "network ACLs", "keys that objects were written with")
	if len(e.DataKeys) > 0 {
		things = append(things, "the policies of dataKeys")
	}
	return things
}

// packed joins texts to lines of at most so many bytes, unless one is longer by itself.
func packed(texts []string, most int) (lines []string) {
	for _, text := range texts {
		if last := len(lines) - 1; last >= 0 && len(lines[last])+len("; ")+len(text) <= most {
			lines[last] += "; " + text
			continue
		}
		lines = append(lines, text)
	}
	return lines
}
