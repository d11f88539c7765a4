package readiness

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const nest = "[Nest] 29  - 03/17/2022, 2:31:26 PM   ERROR "

func TestDecodeHealth(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, line string
		want       *progress
	}{
		{"numbers and lists", nest + `[HealthCheckService] Health Check has failed! {"topology":{"status":"down","total":52,"complete":31,"pending":["s3://b/TX/"],"loading":["s3://b/CA/"]}}`,
			&progress{known: true, listed: true, complete: 31, total: 52, pending: []string{"s3://b/TX/"}, loading: []string{"s3://b/CA/"}, pendingCount: 1, loadingCount: 1, busy: []string{"s3://b/CA/"}}},
		{"older name of pending", `[HealthCheckService] {"topology":{"status":"down","total":2,"complete":1,"pendingLayers":["s3://b/TX/"]}}`,
			&progress{known: true, listed: true, complete: 1, total: 2, pending: []string{"s3://b/TX/"}, loading: []string{}, pendingCount: 1, busy: []string{"s3://b/TX/"}}},
		{"down alone, before the first query", `[HealthCheckService] Health Check has failed! {"topology":{"status":"down"}}`,
			&progress{pending: []string{}, loading: []string{}, busy: []string{}}},
		{"terminal colours around it", "\x1b[31m[Nest] 29  -\x1b[39m \x1b[33m[HealthCheckService] \x1b[39m\x1b[31mHealth Check has failed! {\"topology\":{\"status\":\"down\",\"total\":3,\"complete\":0,\"pending\":[],\"loading\":[]}}\x1b[39m",
			&progress{known: true, listed: true, total: 3, pending: []string{}, loading: []string{}, busy: []string{}}},
		{"database down too", `[HealthCheckService] {"database":{"status":"down","message":"refused"},"topology":{"status":"down","total":2,"complete":1,"pending":[],"loading":[]}}`,
			&progress{known: true, listed: true, complete: 1, total: 2, pending: []string{}, loading: []string{}, busy: []string{}, down: []string{"database"}}},
		{"cut off in a list", `[HealthCheckService] Health Check has failed! {"topology":{"status":"down","total":52,"complete":31,"pending":["s3://b/T`,
			&progress{known: true, complete: 31, total: 52}},
		{"cut off in a number", `[HealthCheckService] {"topology":{"status":"down","total":52,"complete":3`, nil},
		{"a list of numbers", `[HealthCheckService] {"topology":{"status":"down","total":52,"complete":31,"pending":[1]}}`, &progress{known: true, complete: 31, total: 52}},
		{"more complete than there are", `[HealthCheckService] {"topology":{"status":"down","total":1,"complete":2,"pending":[],"loading":[]}}`,
			&progress{pending: []string{}, loading: []string{}, busy: []string{}}},
		{"no JSON", `[HealthCheckService] Health Check has failed!`, nil},
		{"another line", nest + `[NestApplication] Nest application successfully started {"topology":{}}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, decode(tt.line).progress, cmp.AllowUnexported(progress{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeFailure(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, line string
		want       *failure
	}{
		{"missing key", nest + "[TopologyService] Failed to load topology for 's3://b/regions/US/TX/2021-08-12T21:42:38.860Z/' 2 times, err NoSuchKey: The specified key does not exist.",
			&failure{"s3://b/regions/US/TX/2021-08-12T21:42:38.860Z/", 2, "NoSuchKey: The specified key does not exist."}},
		{"stack trace is left out", "[TopologyService] Failed to load topology for 's3://b/x/' 6 times, err RangeError: byte length of Uint16Array should be a multiple of 2\n    at new Uint16Array",
			&failure{"s3://b/x/", 6, "RangeError: byte length of Uint16Array should be a multiple of 2"}},
		{"no error text", "Failed to load topology for 's3://b/x/' 1 times, err ", &failure{"s3://b/x/", 1, ""}},
		{"number beyond measure", "Failed to load topology for 's3://b/x/' 99999999999999999999 times, err x", &failure{"s3://b/x/", maxTries, "x"}},
		{"hierarchy missing, alone", nest + "[TopologyService] geoLevelHierarchy missing from static metadata for s3://b/x/",
			&failure{"s3://b/x/", 1, "geoLevelHierarchy missing from static metadata for s3://b/x/"}},
		{"bodies, alone", nest + "[TopologyService] Invalid TopoJSON or metadata bodies", &failure{"", 1, "Invalid TopoJSON or metadata bodies"}},
		{"bodies within a failure", "Failed to load topology for 's3://b/x/' 3 times, err Error: Invalid TopoJSON or metadata bodies",
			&failure{"s3://b/x/", 3, "Error: Invalid TopoJSON or metadata bodies"}},
		{"another line", nest + "[TopologyService] Loaded topology for 's3://b/x/'", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, decode(tt.line).failure, cmp.AllowUnexported(failure{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeIsBoundedOnAMegabyte(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<20)
	for _, line := range []string{
		"Failed to load topology for 's3://" + long + "' 2 times, err " + long,
		`[HealthCheckService] {"topology":{"total":9,"complete":1,"pending":["` + long + `"` + strings.Repeat(`,"s3://b/x/"`, 10_000) + `],"loading":[]}}`,
		"[HealthCheckService] " + strings.Repeat("[{", 1<<19),
	} {
		checkBounds(t, decode(line))
	}
}

func checkBounds(t *testing.T, o observation) {
	t.Helper()
	if f := o.failure; f != nil && (len(f.uri) > maxURI || len(f.text) > maxText || f.tries < 1 || f.tries > maxTries) {
		t.Errorf("failure out of bounds: %+v", f)
	}
	p := o.progress
	if p == nil {
		return
	}
	if p.complete < 0 || p.complete > p.total || p.total > maxCount || len(p.pending) > maxListed || len(p.loading) > maxListed || len(p.down) > 3 {
		t.Errorf("progress out of bounds: %d of %d, %d and %d regions", p.complete, p.total, len(p.pending), len(p.loading))
	}
	for _, uri := range slices.Concat(p.pending, p.loading) {
		if len(uri) > maxURI || len(label(uri)) > 24 {
			t.Errorf("URI of %d bytes, label of %d", len(uri), len(label(uri)))
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(nest + `[HealthCheckService] Health Check has failed! {"topology":{"status":"down","total":52,"complete":31,"pending":["s3://b/TX/"],"loading":[]}}`)
	f.Add(`[HealthCheckService] {"topology":{"status":"down","total":52,"complete":31,"pendingLayers":["s`)
	f.Add(`[HealthCheckService] "topology" "total": 12 "complete":`)
	f.Add("[TopologyService] Failed to load topology for 's3://b/regions/US/TX/v1/' 2 times, err NoSuchKey: The specified key does not exist.")
	f.Add("geoLevelHierarchy missing from static metadata for s3://b/é/")
	f.Add("Failed to load topology for '\x1b[31m\xff' 0 times, err \xf0\x9f")
	f.Fuzz(func(t *testing.T, line string) {
		o := decode(line)
		checkBounds(t, o)
		if o.failure != nil {
			explain(o.failure.text)
		}
	})
}

func TestExplain(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, file, problem, fix string }{
		{"NoSuchKey: The specified key does not exist.", "", "missing on S3", "upload what is missing"},
		{"NoSuchKey: no hispanic.buf", "hispanic.buf", "missing on S3", "upload what is missing"},
		{"AccessDenied: Access Denied", "", "refuses", "role"},
		{"SyntaxError: Unexpected end of JSON input", "", "cut off", "sizes of the JSON files"},
		{"SyntaxError: Unexpected token < in JSON at position 0", "", "not valid JSON", "JSON parser"},
		{"RangeError: byte length of Uint16Array should be a multiple of 2", "", ".buf", "bytesPerElement"},
		{"RangeError: Invalid typed array length: -1", "", ".buf", "bytesPerElement"},
		{"RangeError: Array buffer allocation failed", "", "memory", "memory"},
		{"Error: Cannot create a string longer than 0x1fffffe8 characters", "topo.json", "larger", "simplify"},
		{"Error: Invalid TopoJSON or metadata bodies", "", "empty", "whole"},
		{"geoLevelHierarchy missing from static metadata for s3://b/x/", "static-metadata.json", "geoLevelHierarchy", "generate"},
		{"TypeError: Cannot read property 'geometries' of undefined", "", "lacks a part", "topo.json"},
		{"SlowDown: Please reduce your request rate.", "", "slow", "again by itself"},
		{"Error: never seen before", "", "never seen before", "inspect-region"},
		{"", "", "cannot be loaded", "s3_uri"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got := explain(tt.text)
			if got.file != tt.file || !strings.Contains(got.problem, tt.problem) || !strings.Contains(got.fix, tt.fix) {
				t.Errorf("explain = %q, %q, %q", got.file, got.problem, got.fix)
			}
		})
	}
}

// healthLine is what the application logs at a failing probe.
func healthLine(complete, total int, pending, loading []string) string {
	body, _ := json.Marshal(map[string]any{"topology": map[string]any{"status": "down", "total": total, "complete": complete, "pending": pending, "loading": loading}})
	return nest + "[HealthCheckService] Health Check has failed! " + string(body)
}

func failureLine(uri string, tries int, text string) string {
	return fmt.Sprintf("%s[TopologyService] Failed to load topology for '%s' %d times, err %s", nest, uri, tries, text)
}

// olderLine is what a build without pending and loading logs.
func olderLine(complete, total int, left []string) string {
	body, _ := json.Marshal(map[string]any{"topology": map[string]any{"status": "down", "total": total, "complete": complete, "pendingLayers": left}})
	return nest + "[HealthCheckService] Health Check has failed! " + string(body)
}
