package fleet

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/readiness"
)

func minute(m float64) time.Time { return scaledOut.Add(time.Duration(m * float64(time.Minute))) }

// readAll takes looks until one has read everything, and returns the texts of all lines and the number of looks.
func readAll(t *testing.T, g *logGroup, cursor readiness.Cursor) (map[string]int, int) {
	t.Helper()
	texts := map[string]int{}
	for looks := 1; looks <= 50; looks++ {
		calls := len(g.calls)
		look, err := readLog(t.Context(), g, "log", cursor, minute(0), minute(30))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(g.calls) - calls; n > maxPages {
			t.Errorf("%d calls in one look", n)
		}
		for _, line := range look.lines {
			texts[line.Text]++
		}
		if cursor = look.next; !look.lagging {
			return texts, looks
		}
	}
	t.Fatal("50 looks and still not at the end")
	return nil, 0
}

func TestReadLogReadsEverything(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		group logGroup
		looks int
	}{
		{"one page", logGroup{size: 100}, 1},
		{"as many pages as one look reads", logGroup{size: 10}, 1},
		{"more pages than one look reads", logGroup{size: 2}, 5},
		{"empty pages first", logGroup{size: 100, empty: 3}, 1},
		{"more empty pages than one look reads", logGroup{size: 100, empty: 17}, 4},
		{"tokens too long to carry", logGroup{size: 9, token: maxToken}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := tt.group
			g.add(3, minute(-1).UnixMilli(), "[HealthCheckService] before the start")
			g.add(3, minute(1).UnixMilli(), "[NestFactory] no matter of ours")
			for i := range 50 {
				g.add(3, minute(float64(i)/4).UnixMilli(), fmt.Sprintf("[HealthCheckService] line %d", i))
			}
			texts, looks := readAll(t, &g, readiness.Cursor{})
			if len(texts) != 50 || looks != tt.looks {
				t.Errorf("%d lines in %d looks, want 50 in %d", len(texts), looks, tt.looks)
			}
		})
	}
}

func TestReadLogGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	g := &logGroup{size: 100}
	g.add(3, minute(1).UnixMilli(), "[TopologyService] first")
	look, err := readLog(t.Context(), g, "log", readiness.Cursor{}, minute(0), minute(10))
	if err != nil || len(look.lines) != 1 || look.next.From != minute(8).UnixMilli() || look.lagging {
		t.Fatalf("%+v, %v", look, err)
	}
	g.add(3, minute(9).UnixMilli(), "[TopologyService] late")
	if look, err = readLog(t.Context(), g, "log", look.next, minute(0), minute(11)); err != nil || len(look.lines) != 1 || look.lines[0].Text != "[TopologyService] late" {
		t.Fatalf("%+v, %v", look, err)
	}
	if want := fmt.Sprintf("%032x", 3); look.lines[0].Task != want || !look.lines[0].At.Equal(minute(9)) {
		t.Errorf("%+v", look.lines[0])
	}
}

func TestReadLogStartsAnewWhenTheTokenHasExpired(t *testing.T) {
	t.Parallel()
	g := &logGroup{size: 100}
	g.add(3, minute(1).UnixMilli(), "[TopologyService] first")
	texts, looks := readAll(t, g, readiness.Cursor{From: minute(0).UnixMilli(), Token: "expired"})
	if len(texts) != 1 || looks != 1 {
		t.Errorf("%v in %d looks", texts, looks)
	}
}

func TestReadLogFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want fault.Name
	}{{throttled, fault.Unavailable}, {&types.ResourceNotFoundException{}, fault.Internal}} {
		_, err := readLog(t.Context(), &logGroup{fail: tt.err}, "logStagingApp", readiness.Cursor{}, minute(0), minute(1))
		wantName(t, err, tt.want)
		if !strings.Contains(err.Error(), "logStagingApp") {
			t.Error(err)
		}
	}
}
