package fleetsim_test

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func messages(events []ecstypes.ServiceEvent) []string {
	var texts []string
	for _, e := range events {
		texts = append(texts, *e.Message)
	}
	return texts
}

func contains(part string) func(string) bool {
	return func(text string) bool { return strings.Contains(text, part) }
}

// lines are all log messages that the filter selects, read page by page, and the number of pages that were empty.
func (r *rig) lines(in cloudwatchlogs.FilterLogEventsInput) (lines []string, empty int) {
	r.t.Helper()
	in.LogGroupName = &r.Names.LogGroup
	for {
		page := must[*cloudwatchlogs.FilterLogEventsOutput](r.t)(r.logs.FilterLogEvents(r.t.Context(), &in))
		if len(page.Events) == 0 {
			empty++
		}
		for _, e := range page.Events {
			lines = append(lines, aws.ToString(e.Message))
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return lines, empty
		}
	}
}
