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
	fmt.Fprintf(w, "  %-9s%s\n", "not seen", strings.Join(unseen(e), "; "))
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
	if e.Other.Database != nil {
		things = append(things, "the route to other.database")
	}
	if len(e.DataKeys) > 0 {
		things = append(things, "dataKeys")
	}
	return things
}
