package regiondb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

// remark is one thing about a region that an operator should know of. Remarks of one kind differ only in what they name.
type remark struct{ kind, text string }

// told is of how many regions a remark is told. Told of every one of sixty, remarks would fill the answer of find-regions.
const told = 3

// annotate writes the remarks on each region into it: of each kind the first few, and with the last of these how many more there are.
func annotate(regions []Region, remarks [][]remark) {
	of := map[string][]int{} // a kind's regions
	for i, on := range remarks {
		for _, r := range on {
			of[r.kind] = append(of[r.kind], i)
		}
	}
	for i, on := range remarks {
		regions[i].Mended = []string{}
		for _, r := range on {
			all := of[r.kind]
			n := slices.Index(all, i)
			if n >= told {
				continue
			}
			if n == told-1 && len(all) > told {
				next := regions[all[told]]
				r.text += fmt.Sprintf("; the same holds for %d more of these regions, the first of them %s (%s)", len(all)-told, next.Name, next.ID)
			}
			regions[i].Mended = append(regions[i].Mended, r.text)
		}
	}
}

// fits refuses an answer that a state machine could not pass on. Only unusually long names and URIs make one of so few regions.
func (out FindRegionsOutput) fits() error {
	answer, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("encode the regions: %w", err)
	}
	if len(answer) <= lambdarun.MaxOutput {
		return nil
	}
	return fault.New(fault.InvalidInput, "the names and URIs of these %d regions make an answer of %d bytes, over the limit of %d; update them in several runs, of at most %d regions each",
		len(out.Regions), len(answer), lambdarun.MaxOutput, len(out.Regions)*lambdarun.MaxOutput/len(answer))
}

// listed is how many things of one kind an error names.
const listed = 10

// few lists the first few things and counts the others: a message must not outgrow what a state machine passes on.
func few(things []string, separator string) string {
	if more := len(things) - listed; more > 0 {
		things = append(slices.Clone(things[:listed]), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(things, separator)
}
