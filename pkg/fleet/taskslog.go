package fleet

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/readiness"
)

type readsLog interface {
	FilterLogEvents(context.Context, *logs.FilterLogEventsInput, ...func(*logs.Options)) (*logs.FilterLogEventsOutput, error)
}

const (
	// logPattern matches lines that hold any of the words.
	logPattern = "?HealthCheckService ?TopologyService ?TopoJSON ?geoLevelHierarchy"
	// maxPages keeps one look far below FilterLogEvents' rate, 25 calls a second for the whole account and region.
	maxPages = 5
	// lateLines is how late an event may become readable. So much is read twice, which the fold of lines permits.
	lateLines = 2 * time.Minute
	// maxToken is the longest token that is carried in a look, in bytes.
	maxToken = 512
)

// logLook is what one look has read.
type logLook struct {
	lines   []readiness.Line
	next    readiness.Cursor
	lagging bool // there is more
}

// readLog reads the application's lines from where the last look ended, at most maxPages pages.
// A page may be empty while a token is set. When pages are left, the token is carried to the next look, so that
// a stretch of empty pages is got over too.
func readLog(ctx context.Context, client readsLog, group string, cursor readiness.Cursor, start, now time.Time) (logLook, error) {
	if cursor.From == 0 {
		cursor.From = start.UnixMilli()
	}
	look, err := readPages(ctx, client, group, cursor, now)
	var invalid *types.InvalidParameterException
	if cursor.Token != "" && errors.As(err, &invalid) { // tokens expire after 24 hours
		cursor.Token = ""
		look, err = readPages(ctx, client, group, cursor, now)
	}
	return look, err
}

func readPages(ctx context.Context, client readsLog, group string, cursor readiness.Cursor, now time.Time) (logLook, error) {
	look := logLook{next: cursor}
	in := &logs.FilterLogEventsInput{LogGroupName: &group, FilterPattern: aws.String(logPattern), StartTime: &cursor.From}
	newest := cursor.From
	for range maxPages {
		if look.next.Token != "" {
			in.NextToken = aws.String(look.next.Token)
		}
		page, err := client.FilterLogEvents(ctx, in)
		if err != nil {
			return logLook{}, fmt.Errorf("read log group %s: %w", group, err)
		}
		for _, e := range page.Events {
			look.lines = append(look.lines, logLine(e))
			newest = max(newest, aws.ToInt64(e.Timestamp))
		}
		if look.next.Token = aws.ToString(page.NextToken); look.next.Token == "" {
			look.next.From = max(cursor.From, now.Add(-lateLines).UnixMilli())
			return look, nil
		}
	}
	look.lagging = true
	if len(look.next.Token) > maxToken {
		look.next = readiness.Cursor{From: max(newest, cursor.From+1)} // a look that never moves on would be worse
	}
	return look, nil
}

// logLine attributes an event to its task: the stream's name ends in the task's ID.
func logLine(e types.FilteredLogEvent) readiness.Line {
	stream := aws.ToString(e.LogStreamName)
	return readiness.Line{
		Task: stream[strings.LastIndexByte(stream, '/')+1:],
		At:   time.UnixMilli(aws.ToInt64(e.Timestamp)),
		Text: aws.ToString(e.Message),
	}
}
