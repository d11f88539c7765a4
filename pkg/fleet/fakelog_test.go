package fleet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// logGroup is a log group whose pages hold few events and may be empty.
type logGroup struct {
	events []types.FilteredLogEvent
	size   int // events a page
	empty  int // empty pages before the first events of a query
	token  int // length of a token, at least
	calls  []logs.FilterLogEventsInput
	fail   error // of the next call
}

func (g *logGroup) add(task int, atMilli int64, text string) {
	g.events = append(g.events, types.FilteredLogEvent{
		EventId: aws.String(fmt.Sprint(len(g.events))), LogStreamName: aws.String("districtbuilder-app/app/" + fmt.Sprintf("%032x", task)),
		Message: &text, Timestamp: &atMilli})
}

func (g *logGroup) FilterLogEvents(_ context.Context, in *logs.FilterLogEventsInput, _ ...func(*logs.Options)) (*logs.FilterLogEventsOutput, error) {
	copied := *in
	g.calls = append(g.calls, copied)
	if g.fail != nil {
		err := operationError("FilterLogEvents", g.fail)
		g.fail = nil
		return nil, err
	}
	found := slices.DeleteFunc(slices.Clone(g.events), func(e types.FilteredLogEvent) bool {
		return *e.Timestamp < aws.ToInt64(in.StartTime) || !matches(aws.ToString(in.FilterPattern), *e.Message)
	})
	slices.SortStableFunc(found, func(a, b types.FilteredLogEvent) int { return cmp.Compare(*a.Timestamp, *b.Timestamp) })
	at := 0 // pages so far
	if in.NextToken != nil {
		digits, _, _ := strings.Cut(*in.NextToken, "-")
		n, err := strconv.Atoi(digits)
		if err != nil {
			return nil, operationError("FilterLogEvents", &types.InvalidParameterException{Message: aws.String("The specified nextToken is invalid.")})
		}
		at = n
	}
	from := min(max(0, at-g.empty)*g.size, len(found))
	out := &logs.FilterLogEventsOutput{}
	to := from
	if at >= g.empty {
		to = min(from+g.size, len(found))
		out.Events = found[from:to]
	}
	if to < len(found) || at < g.empty {
		out.NextToken = aws.String(strconv.Itoa(at+1) + "-" + strings.Repeat("t", g.token))
	}
	return out, nil
}

// matches is CloudWatch's pattern of words of which any suffices.
func matches(pattern, text string) bool {
	return slices.ContainsFunc(strings.Fields(pattern), func(word string) bool { return strings.Contains(text, strings.TrimPrefix(word, "?")) })
}
