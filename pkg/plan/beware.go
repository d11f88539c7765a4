package plan

import (
	"fmt"
	"strings"
)

// beware names what an operator must see to.
func beware(in Input, regions []PlannedRegion) []string {
	warnings := []string{"layer_size_in_bytes keeps its old value: run the application's set-topology-size afterwards"}
	if n := in.Fleet.OtherTargets; n > 0 {
		warnings = append(warnings, fmt.Sprintf("%d healthy %s of the target group %s to another service; a restart leaves %s alone, with the old data: restart that service too, before users edit maps",
			n, plural(n, "target", "targets"), plural(n, "belongs", "belong"), plural(n, "it", "them")))
	}
	switch in.OtherRows {
	case AllRows, NoRows:
	case VisibleRows:
		warnings = append(warnings, "the other environment was asked by its public list, which has no hidden regions, and its tasks load those too: see in its region_config that no hidden row has one of these URIs, or an overwrite changes it at once")
	default:
		warnings = append(warnings, "whether hidden rows of the other environment were looked at is not known: see in its region_config that none has one of these URIs, or an overwrite changes it at once")
	}
	if names := breaking(regions); len(names) > 0 {
		warnings = append(warnings, fmt.Sprintf("another structure, which the input allows: %s. These maps, and those made until the new data is live, then put geounits into wrong districts, without an error",
			someOf(names)))
	}
	return warnings
}

// breaking names the regions whose maps do not stay valid, with the maps that there are now.
func breaking(regions []PlannedRegion) []string {
	var names []string
	for _, r := range regions {
		if !r.MapsStayValid {
			names = append(names, fmt.Sprintf("%s (%d %s)", r.Name, r.MapsToRecompute, plural(r.MapsToRecompute, "map", "maps")))
		}
	}
	return names
}

// maxNamed bounds a list in a sentence; the plan's regions have all.
const maxNamed = 10

func someOf(names []string) string {
	if more := len(names) - maxNamed; more > 0 {
		names = append(names[:maxNamed:maxNamed], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}
