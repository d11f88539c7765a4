package cost

import (
	"strings"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

// Retries is the key of Transitions for attempts after the first one.
const Retries = "retries"

// Transitions counts what Step Functions charges for in the histories of executions, nested ones included if they are
// given: each state that was entered, by its type ("Task states"), and each retry. A retry shows in a history as an
// attempt that does not follow from the entry into its state; one whose arguments cannot be evaluated does not show.
func Transitions(histories ...[]asl.Event) map[string]int {
	counts := map[string]int{}
	for _, events := range histories {
		byID := make(map[int]asl.Event, len(events))
		for _, e := range events {
			byID[e.ID] = e
			if kind, ok := strings.CutSuffix(e.Type, entered); ok {
				counts[kind+" states"]++
			} else if begins(e.Type) && !isEntry(byID[e.PrevID], e.State) {
				counts[Retries]++
			}
		}
	}
	return counts
}

const entered = "StateEntered"

// begins reports whether an event of the type begins an attempt of a state.
func begins(kind string) bool {
	switch kind {
	case "TaskScheduled", "LambdaFunctionScheduled", "MapStateStarted", "ParallelStateStarted":
		return true
	}
	return false
}

func isEntry(e asl.Event, state string) bool {
	return strings.HasSuffix(e.Type, entered) && e.State == state
}
