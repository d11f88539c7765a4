package cost

import (
	"strings"

	"github.com/publicmapping/districtbuilder-ops/pkg/plan"
)

// requestPrice is the price of an operation of S3 in dollars. Reading has one price, deleting and aborting are free;
// all others (PUT, COPY, POST, LIST, and each call of an upload in parts) have the dearer price.
func requestPrice(operation string) float64 {
	begins := func(verbs ...string) bool {
		for _, verb := range verbs {
			if strings.HasPrefix(operation, verb) {
				return true
			}
		}
		return false
	}
	switch {
	case begins("Delete", "Abort"):
		return 0
	case begins("Get", "Head"):
		return plan.PricePerRead
	}
	return plan.PricePerWrite
}
