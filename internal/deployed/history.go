package deployed

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// readsHistory is the call that a history is read by.
type readsHistory interface {
	GetExecutionHistory(context.Context, *sfn.GetExecutionHistoryInput, ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error)
}

// history reads an execution's events, each once. It goes on at the page where it stopped, so that following a long
// execution does not read its beginning over and over.
type history struct {
	client readsHistory
	arn    string
	page   *string // token of the page to read next; nil is the first
	seen   int64   // ID of the last event that was returned
}

// historyPage is how many events a page holds at most; the service allows no more.
const historyPage = 1000

// next returns the events since the last call, those too that it has read before an error.
func (h *history) next(ctx context.Context) (events []types.HistoryEvent, err error) {
	for {
		out, err := h.client.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{
			ExecutionArn: &h.arn, IncludeExecutionData: aws.Bool(true), MaxResults: historyPage, NextToken: h.page,
		})
		var expired *types.InvalidToken // a token is good for a day
		if errors.As(err, &expired) && h.page != nil {
			h.page = nil
			continue
		}
		if err != nil {
			return events, fmt.Errorf("read the history of %s: %w", h.arn, err)
		}
		for _, e := range out.Events {
			if e.Id > h.seen {
				events, h.seen = append(events, e), e.Id
			}
		}
		if out.NextToken == nil {
			return events, nil
		}
		h.page = out.NextToken
	}
}
