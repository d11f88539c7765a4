package readiness

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Bounds on what one line may contribute. A CloudWatch event can have a megabyte.
const (
	maxListed = 64  // regions of one list
	maxURI    = 120 // bytes of a URI
	maxText   = 100 // bytes of an error's text
	maxTries  = 99
	maxCount  = 1_000_000
)

// observation is what one log line tells. The zero value tells nothing.
type observation struct {
	progress *progress
	failure  *failure
}

// progress is the health check's answer to one probe.
type progress struct {
	known        bool // complete and total are told: not before the task's first query
	listed       bool // pending and loading are told: not on a line that was cut off
	complete     int
	total        int
	pending      []string // URIs, at most maxListed
	loading      []string
	pendingCount int
	loadingCount int
	busy         []string // loading; or, of an older build that does not tell it, what is left
	down         []string // what else is down, at most 3
}

// failure is one failed try to load a region.
type failure struct {
	uri   string // may be empty: some messages do not tell it
	tries int
	text  string
}

// decode reads one line of the application's log. It never fails: a line that it does not know tells nothing.
func decode(text string) observation {
	if _, rest, ok := strings.Cut(text, "[HealthCheckService]"); ok {
		return observation{progress: decodeHealth(rest)}
	}
	if m := failedLoad.FindStringSubmatch(text); m != nil {
		return observation{failure: &failure{uri: shorten(clean(m[1]), maxURI), tries: clamp(m[2], 1, maxTries), text: errorText(m[3])}}
	}
	for _, hint := range hints {
		if m := hint.FindStringSubmatch(text); m != nil {
			return observation{failure: &failure{uri: shorten(clean(m[1]), maxURI), tries: 1, text: errorText(m[0])}}
		}
	}
	return observation{}
}

var (
	failedLoad = regexp.MustCompile(`(?s)Failed to load topology for '([^']*)' (\d+) times?,? err(?:or)?:? ?(.*)`)
	// hints are messages that stand alone. Such a line has no number of tries and so never proves more than one.
	hints = []*regexp.Regexp{
		regexp.MustCompile(`geoLevelHierarchy missing from static metadata for '?(s3://[^\s']+)`),
		regexp.MustCompile(`Invalid TopoJSON or metadata bodies()`),
	}
)

type component struct {
	Status        string   `json:"status"`
	Total         *int     `json:"total"`
	Complete      *int     `json:"complete"`
	Pending       []string `json:"pending"`
	PendingLayers []string `json:"pendingLayers"` // an older build's name
	Loading       []string `json:"loading"`
}

// decodeHealth reads the error part of a health check, or nil when there is none.
// The container runtime cuts long lines, so a broken JSON text still tells its numbers if they come before the cut.
func decodeHealth(rest string) *progress {
	start := strings.IndexByte(rest, '{')
	if start < 0 {
		return nil
	}
	rest = rest[start:]
	var parts map[string]component
	if err := json.NewDecoder(strings.NewReader(rest)).Decode(&parts); err != nil {
		return decodeCut(rest)
	}
	p := &progress{}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if name != "topology" && parts[name].Status == "down" && len(p.down) < 3 {
			p.down = append(p.down, shorten(clean(name), 24))
		}
	}
	t := parts["topology"]
	pending := append(t.Pending, t.PendingLayers...)
	p.pending, p.pendingCount = uris(pending), len(pending)
	p.loading, p.loadingCount = uris(t.Loading), len(t.Loading)
	if p.busy = p.loading; t.Loading == nil {
		p.busy = p.pending
	}
	if t.Total != nil && t.Complete != nil && plausible(*t.Complete, *t.Total) {
		p.known, p.listed, p.complete, p.total = true, true, *t.Complete, *t.Total
	}
	return p
}

func decodeCut(rest string) *progress {
	_, rest, ok := strings.Cut(rest, `"topology"`)
	if !ok {
		return nil
	}
	total, okTotal := number(rest, `"total":`)
	complete, okComplete := number(rest, `"complete":`)
	if !okTotal || !okComplete || !plausible(complete, total) {
		return nil
	}
	return &progress{known: true, complete: complete, total: total}
}

func plausible(complete, total int) bool {
	return 0 <= complete && complete <= total && total <= maxCount
}

// number reads the digits that follow key. A number that the text's end cuts off is not read.
func number(s, key string) (int, bool) {
	_, rest, ok := strings.Cut(s, key)
	rest = strings.TrimLeft(rest[:min(len(rest), 24)], " ")
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if !ok || end < 1 {
		return 0, false
	}
	n, err := strconv.Atoi(rest[:end])
	return n, err == nil
}

func clamp(digits string, low, high int) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return high
	}
	return max(low, min(n, high))
}

func uris(list []string) []string {
	short := make([]string, 0, min(len(list), maxListed))
	for _, uri := range list[:min(len(list), maxListed)] {
		short = append(short, shorten(clean(uri), maxURI))
	}
	return short
}

// errorText is the first line of an error's text.
func errorText(s string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(s[:min(len(s), 4*maxText)]), "\n")
	return shorten(clean(first), maxText)
}
