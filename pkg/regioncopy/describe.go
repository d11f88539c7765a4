package regioncopy

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
)

// named is how many objects an error names. The others are counted: a message must not outgrow an operator's screen.
const named = 5

// list writes differences for an operator, and "" if there are none.
func list(differences iter.Seq[s3copy.Difference]) string {
	all := slices.Collect(differences)
	var b strings.Builder
	for i, d := range all {
		if i == named {
			fmt.Fprintf(&b, " and %d more", len(all)-named)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q %s", d.Key, d.Problem)
	}
	return b.String()
}
