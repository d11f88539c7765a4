package fleetsim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/awswire"
)

type filteredEvent struct {
	ID        string `json:"eventId"`
	Stream    string `json:"logStreamName,omitempty"`
	Timestamp int64  `json:"timestamp"`
	Ingestion int64  `json:"ingestionTime"`
	Message   string `json:"message"`
}

type filterInput struct {
	Group      string   `json:"logGroupName"`
	Identifier string   `json:"logGroupIdentifier"`
	Streams    []string `json:"logStreamNames"`
	Prefix     string   `json:"logStreamNamePrefix"`
	Pattern    string   `json:"filterPattern"`
	Start      *int64   `json:"startTime"`
	End        *int64   `json:"endTime"`
	Limit      int      `json:"limit"`
	FromHead   *bool    `json:"startFromHead"`
	Token      string   `json:"nextToken"`
}

type filterOutput struct {
	Events    []filteredEvent `json:"events"`
	NextToken string          `json:"nextToken,omitempty"`
}

// The limits of one page.
const (
	maxEvents    = 10_000
	maxPageBytes = 1 << 20
)

// cursor is where a page of a query begins; asOf keeps later pages from seeing events that came meanwhile.
type cursor struct {
	from, empties int
	asOf          int64 // nanoseconds
	backwards     bool
}

func (c cursor) String() string {
	return fmt.Sprintf("%d.%d.%d.%t", c.from, c.empties, c.asOf, c.backwards)
}

func (w *World) cursor(token string, fromHead *bool) (cursor, error) {
	if token == "" {
		return cursor{asOf: w.now.UnixNano(), backwards: fromHead != nil && !*fromHead}, nil
	}
	var c cursor
	if _, err := fmt.Sscanf(strings.ReplaceAll(token, ".", " "), "%d %d %d %t", &c.from, &c.empties, &c.asOf, &c.backwards); err != nil || c.from < 0 {
		return c, awswire.Errorf("InvalidParameterException", "The specified nextToken is invalid.")
	}
	return c, nil
}

// filterLogEvents gives pages of at most 10,000 events or 1 MB, some of them empty although there is more.
func (w *World) filterLogEvents(in filterInput) (filterOutput, error) {
	out := filterOutput{Events: []filteredEvent{}}
	q, err := w.logQuery(in)
	if err != nil {
		return out, err
	}
	c, err := w.cursor(in.Token, in.FromHead)
	if err != nil {
		return out, err
	}
	if c.empties < 3 && w.wire.Float64() < w.cfg.Faults.EmptyPages {
		c.empties++
		out.NextToken = c.String()
		return out, nil
	}
	q.asOf = time.Unix(0, c.asOf)
	found := w.logs.find(q)
	if c.backwards {
		slices.Reverse(found)
	}
	limit, size := in.Limit, 0
	if limit <= 0 || limit > maxEvents {
		limit = maxEvents
	}
	for i, position := range found[min(c.from, len(found)):] {
		e := &w.logs.events[position]
		size += len(e.message) + 26
		if i == limit || i > 0 && size > maxPageBytes {
			out.NextToken = cursor{from: c.from + i, asOf: c.asOf, backwards: c.backwards}.String()
			break
		}
		out.Events = append(out.Events, showEvent(e))
	}
	return out, nil
}

func showEvent(e *logEvent) filteredEvent {
	return filteredEvent{ID: e.id, Stream: e.stream, Timestamp: e.at.UnixMilli(), Ingestion: e.visible.UnixMilli(), Message: e.message}
}

func (w *World) logGroup(name, identifier string) error {
	arn := w.Names.arn("logs", "log-group:"+w.Names.LogGroup)
	if asked := name + identifier; asked != w.Names.LogGroup && strings.TrimSuffix(asked, ":*") != arn {
		return awswire.Errorf("ResourceNotFoundException", "The specified log group does not exist.")
	}
	return nil
}

func (w *World) logQuery(in filterInput) (logQuery, error) {
	var q logQuery
	if err := w.logGroup(in.Group, in.Identifier); err != nil {
		return q, err
	}
	matches, err := pattern(in.Pattern)
	switch {
	case err != nil:
		return q, awswire.Errorf("InvalidParameterException", "Invalid filter pattern: %v", err)
	case len(in.Streams) > 0 && in.Prefix != "":
		return q, awswire.Errorf("InvalidParameterException", "logStreamNames and logStreamNamePrefix exclude each other.")
	case len(in.Streams) > 100:
		return q, awswire.Errorf("InvalidParameterException", "At most 100 logStreamNames.")
	}
	for _, name := range in.Streams {
		if w.logs.streams[name] == nil {
			return q, awswire.Errorf("ResourceNotFoundException", "The specified log stream does not exist.")
		}
	}
	q.matches = matches
	q.inStream = func(name string) bool {
		return strings.HasPrefix(name, in.Prefix) && (len(in.Streams) == 0 || slices.Contains(in.Streams, name))
	}
	if in.Start != nil {
		q.from = time.UnixMilli(*in.Start)
	}
	if in.End != nil {
		q.to = time.UnixMilli(*in.End)
	}
	return q, nil
}

type getEventsInput struct {
	Group      string `json:"logGroupName"`
	Identifier string `json:"logGroupIdentifier"`
	Stream     string `json:"logStreamName"`
	Start      *int64 `json:"startTime"`
	End        *int64 `json:"endTime"`
	Limit      int    `json:"limit"`
	FromHead   bool   `json:"startFromHead"`
	Token      string `json:"nextToken"`
}

type getEventsOutput struct {
	Events   []filteredEvent `json:"events"`
	Forward  string          `json:"nextForwardToken"`
	Backward string          `json:"nextBackwardToken"`
}

// getLogEvents reads one stream. At its end the forward token comes back unchanged.
func (w *World) getLogEvents(in getEventsInput) (getEventsOutput, error) {
	out := getEventsOutput{Events: []filteredEvent{}}
	q, err := w.logQuery(filterInput{Group: in.Group, Identifier: in.Identifier, Streams: []string{in.Stream}, Start: in.Start, End: in.End})
	if err != nil {
		return out, err
	}
	q.asOf = w.now
	found := w.logs.find(q)
	if in.Limit <= 0 || in.Limit > maxEvents {
		in.Limit = maxEvents
	}
	from, to := 0, min(in.Limit, len(found))
	if !in.FromHead && in.Token == "" {
		from, to = max(0, len(found)-in.Limit), len(found)
	}
	if _, err := fmt.Sscanf(in.Token, "f/%d", &from); err == nil {
		from = min(from, len(found))
		to = min(from+in.Limit, len(found))
	} else if _, err := fmt.Sscanf(in.Token, "b/%d", &to); err == nil {
		to = min(to, len(found))
		from = max(0, to-in.Limit)
	}
	for _, position := range found[from:to] {
		e := showEvent(&w.logs.events[position])
		e.Stream = ""
		out.Events = append(out.Events, e)
	}
	out.Forward, out.Backward = fmt.Sprintf("f/%d", to), fmt.Sprintf("b/%d", from)
	return out, nil
}

type describeStreamsInput struct {
	Group      string `json:"logGroupName"`
	Identifier string `json:"logGroupIdentifier"`
	Prefix     string `json:"logStreamNamePrefix"`
}

type logStreamInfo struct {
	Name     string `json:"logStreamName"`
	ARN      string `json:"arn"`
	Created  int64  `json:"creationTime"`
	First    int64  `json:"firstEventTimestamp"`
	Last     int64  `json:"lastEventTimestamp"`
	Ingested int64  `json:"lastIngestionTime"`
}

type describeStreamsOutput struct {
	Streams []logStreamInfo `json:"logStreams"`
}

func (w *World) describeLogStreams(in describeStreamsInput) (describeStreamsOutput, error) {
	out := describeStreamsOutput{Streams: []logStreamInfo{}}
	if err := w.logGroup(in.Group, in.Identifier); err != nil {
		return out, err
	}
	for _, name := range w.logs.streamNames() {
		if s := w.logs.streams[name]; strings.HasPrefix(name, in.Prefix) {
			out.Streams = append(out.Streams, logStreamInfo{name, w.Names.arn("logs", "log-group:"+w.Names.LogGroup+":log-stream:"+name),
				s.created.UnixMilli(), s.created.UnixMilli(), s.last.UnixMilli(), s.lastSeen.UnixMilli()})
		}
	}
	return out, nil
}
