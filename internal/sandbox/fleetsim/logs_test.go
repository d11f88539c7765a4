package fleetsim_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
)

// talkative is a fleet with some hundred log lines.
func talkative(t *testing.T, faults fleetsim.Faults) *rig {
	t.Helper()
	r := newRig(t, func(c *fleetsim.Config) { c.Faults = &faults })
	r.fence()
	r.raise()
	return r
}

func TestLogPagesMayBeEmpty(t *testing.T) {
	t.Parallel()
	r := talkative(t, fleetsim.Faults{EmptyPages: 0.5, LogDelay: 5 * time.Second})
	r.pass(time.Minute)
	all, empty := r.lines(cloudwatchlogs.FilterLogEventsInput{Limit: aws.Int32(7)})
	if empty < 5 {
		t.Errorf("%d empty pages", empty)
	}
	backwards, _ := r.lines(cloudwatchlogs.FilterLogEventsInput{Limit: aws.Int32(7), StartFromHead: aws.Bool(false)})
	slices.Reverse(backwards)
	if !slices.Equal(all, backwards) {
		t.Errorf("the newest first are %d lines, or in another order", len(backwards))
	}
	at := func(from, to int64) int {
		lines, _ := r.lines(cloudwatchlogs.FilterLogEventsInput{StartTime: &from, EndTime: &to})
		return len(lines)
	}
	middle, now := r.clock.Now().Add(-10*time.Minute).UnixMilli(), r.clock.Now().UnixMilli()
	if before, after := at(0, middle), at(middle, now); before == 0 || after == 0 || before+after != len(all) {
		t.Errorf("%d lines before and %d after the middle, %d in all", before, after, len(all))
	}
}

func TestLogLinesAppearLate(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *fleetsim.Config) { c.Faults = &fleetsim.Faults{LogDelay: time.Minute} })
	fresh := r.oneMore()
	stream := []string{"districtbuilder-app/app/" + fresh.ID}
	early, _ := r.lines(cloudwatchlogs.FilterLogEventsInput{LogStreamNames: stream, FilterPattern: aws.String("NestFactory")})
	r.pass(time.Minute)
	late, _ := r.lines(cloudwatchlogs.FilterLogEventsInput{LogStreamNames: stream, FilterPattern: aws.String("NestFactory")})
	if len(early) != 0 || len(late) != 1 {
		t.Errorf("%q at first, %q a minute later", early, late)
	}
}

func TestFilterPatterns(t *testing.T) {
	t.Parallel()
	r := talkative(t, fleetsim.Faults{Noise: true})
	count := func(pattern string) int {
		lines, _ := r.lines(cloudwatchlogs.FilterLogEventsInput{FilterPattern: &pattern})
		return len(lines)
	}
	all, health, start := count(""), count("HealthCheckService"), count("NestFactory")
	if all == 0 || health == 0 || start != 4 {
		t.Fatalf("%d lines, %d of health, %d of starts", all, health, start)
	}
	for pattern, want := range map[string]int{
		`"Health Check has failed!"`:               health,
		`"Health Check has failed!" NestFactory`:   0,
		`?HealthCheckService ?NestFactory`:         health + start,
		`?"[HealthCheckService]" ?"[NestFactory]"`: health + start,
		`-HealthCheckService`:                      all - health,
		`NestFactory ?HealthCheckService`:          start,
		`healthcheckservice`:                       0,
	} {
		if got := count(pattern); got != want {
			t.Errorf("%s selects %d lines, want %d", pattern, got, want)
		}
	}
	for _, bad := range []string{`[HealthCheckService]`, `"unclosed`, `Health!`, `{ $.status = "down" }`} {
		_, err := r.logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &r.Names.LogGroup, FilterPattern: &bad})
		var invalid *types.InvalidParameterException
		if !errors.As(err, &invalid) {
			t.Errorf("pattern %s: error = %v", bad, err)
		}
	}
}

func TestUnknownLogGroupsAndStreams(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, in := range []*cloudwatchlogs.FilterLogEventsInput{
		{LogGroupName: aws.String("logProductionApp")},
		{LogGroupName: &r.Names.LogGroup, LogStreamNames: []string{"districtbuilder-app/app/none"}},
	} {
		_, err := r.logs.FilterLogEvents(t.Context(), in)
		var missing *types.ResourceNotFoundException
		if !errors.As(err, &missing) {
			t.Errorf("error = %v", err)
		}
	}
}

func TestReadOneStream(t *testing.T) {
	t.Parallel()
	r := talkative(t, fleetsim.Faults{})
	streams := must[*cloudwatchlogs.DescribeLogStreamsOutput](t)(r.logs.DescribeLogStreams(t.Context(), &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: &r.Names.LogGroup}))
	if len(streams.LogStreams) != 4 {
		t.Fatalf("%d streams", len(streams.LogStreams))
	}
	name := streams.LogStreams[0].LogStreamName
	want, _ := r.lines(cloudwatchlogs.FilterLogEventsInput{LogStreamNames: []string{*name}})
	var got []string
	pages := cloudwatchlogs.NewGetLogEventsPaginator(r.logs, &cloudwatchlogs.GetLogEventsInput{LogGroupName: &r.Names.LogGroup, LogStreamName: name, StartFromHead: aws.Bool(true), Limit: aws.Int32(10)},
		func(o *cloudwatchlogs.GetLogEventsPaginatorOptions) { o.StopOnDuplicateToken = true })
	for pages.HasMorePages() {
		for _, e := range must[*cloudwatchlogs.GetLogEventsOutput](t)(pages.NextPage(t.Context())).Events {
			got = append(got, *e.Message)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") || len(got) < 20 {
		t.Errorf("read %d lines, want %d", len(got), len(want))
	}
}

func TestOnePageHoldsAtMostOneMegabyte(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *fleetsim.Config) { c.Regions = manyRegions{} })
	r.oneMore()
	r.pass(30 * time.Minute)
	page := must[*cloudwatchlogs.FilterLogEventsOutput](t)(r.logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &r.Names.LogGroup}))
	size := 0
	for _, e := range page.Events {
		size += len(*e.Message)
	}
	if page.NextToken == nil || size > 1<<20 || size < 1<<19 {
		t.Errorf("a page of %d bytes, token %v", size, page.NextToken)
	}
}
