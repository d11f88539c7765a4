package backupname

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// taken are the places where something lies.
type taken map[string]bool

var errAway = errors.New("no answer")

func (t taken) Empty(_ context.Context, at s3uri.Prefix) (bool, error) {
	if t["away"] {
		return false, errAway
	}
	return !t[at.String()] && !t["all"], nil
}

func TestNext(t *testing.T) {
	t.Parallel()
	region := s3uri.Prefix{Bucket: "data", Key: "regions/US/TX/2021-08-12T21:42:38.860Z/"}
	const first = "s3://data/regions/US/TX/2021-08-12T21:42:38.860Z-backup-2026-11-22"
	tests := []struct {
		name  string
		there taken
		want  string
		err   string
	}{
		{"the first of the day", taken{}, "-backup-2026-11-22", ""},
		{"another day's does not count", taken{strings.Replace(first, "22", "21", 1) + "/": true}, "-backup-2026-11-22", ""},
		{"the second", taken{first + "/": true}, "-backup-2026-11-22-2", ""},
		{"the fourth", taken{first + "/": true, first + "-2/": true, first + "-3/": true}, "-backup-2026-11-22-4", ""},
		{"one that was removed is free again", taken{first + "/": true, first + "-3/": true}, "-backup-2026-11-22-2", ""},
		{"too many", taken{"all": true}, "", region.String() + " has 99 backups of 2026-11-22 already"},
		{"it cannot be seen", taken{"away": true}, "", errAway.Error()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Next(t.Context(), tt.there, region, "2026-11-22")
			if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("Next = %q, %v; want %q, %q", got, err, tt.want, tt.err)
			}
		})
	}
}
