package regiondata

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/internal/regiongen"
	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
)

func TestInspectRegion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, regiongen.Options{Revision: 1, Tiles: 40})
	w.region.Source = strings.TrimSuffix(w.region.Source, "/")
	first, err := w.run(t)
	if err != nil {
		t.Fatal(err)
	}
	next, _ := w.List(t.Context(), parse(t, w.region.Source))
	now, _ := w.List(t.Context(), parse(t, w.region.URI))
	want := InspectRegionOutput{
		ID: "5f1c", Inventory: "s3://state/runs/run-1/regions/5f1c/inventory.json.gz",
		Objects: len(next.Objects), Bytes: next.Bytes(), Live: Amount{len(now.Objects), now.Bytes()},
		Structure: Same, SameStructure: true, ChangedCounties: []string{}, Maps: 3, BackupSuffix: "-backup-2026-11-22", Warnings: []Finding{},
		Mended: []string{"source: the trailing slash was missing; used s3://data/uploads/DE/"},
	}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
	written, _, err := s3copy.Read(t.Context(), w.bucket, "state", "runs/run-1/regions/5f1c/inventory.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(next, written); diff != "" {
		t.Errorf("inventory (-listed +written):\n%s", diff)
	}
	again, err := w.run(t)
	if diff := cmp.Diff(first, again); err != nil || diff != "" {
		t.Errorf("the repeated call: %v\n%s", err, diff)
	}
}

func TestTheBackupIsCalledAsBackupRegionWillCallIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, regiongen.Options{})
	w.objects["regions/US/DE/live-backup-2026-11-22/static-metadata.json"] = stored{body: "{}"}
	w.objects["regions/US/DE/live-backup-2026-11-23/static-metadata.json"] = stored{body: "{}"}
	for date, want := range map[string]string{"": "-backup-2026-11-22-2", "2026-11-23": "-backup-2026-11-23-2", "2026-11-24": "-backup-2026-11-24"} {
		w.date = date
		if out, err := w.run(t); err != nil || out.BackupSuffix != want {
			t.Errorf("date %q: %q, %v; want %q", date, out.BackupSuffix, err, want)
		}
	}
}

func TestStructure(t *testing.T) {
	t.Parallel()
	restructured := regiongen.Options{Restructure: []int{1}}
	allow := func(w *world) { w.region.AllowBreakingMaps = true }
	tests := []struct {
		name   string
		o      regiongen.Options
		change func(*world)
		want   fault.Name // "": no error
		says   string     // in the error
		status Structure
		ids    []string
	}{
		{"same", regiongen.Options{Revision: 5}, func(*world) {}, "", "", Same, []string{}},
		{"different breaks maps", restructured, func(*world) {}, fault.MapsWouldBreak, "counties changed: 1 (10003). Every map would break silently, also one that is made or taken back from the archive during the run; the region has 3 maps now, archived ones not counted. Nothing has been changed.", "", nil},
		{"how to allow it", restructured, func(*world) {}, fault.MapsWouldBreak, `start again with "allowBreakingMaps": true for this region`, "", nil},
		{"different, and there is one map", restructured, func(w *world) { w.region.Maps = 1 }, fault.MapsWouldBreak, "has 1 map now", "", nil},
		{"different, and there are no maps yet", restructured, func(w *world) { w.region.Maps = 0 }, fault.MapsWouldBreak, "has 0 maps now", "", nil},
		{"different, and that is allowed", restructured, allow, "", "", Different, []string{"10003"}},
		{"different, without maps, and that is allowed", restructured, func(w *world) { w.region.Maps = 0; allow(w) }, "", "", Different, []string{"10003"}},
		{"a county more", regiongen.Options{Counties: 4}, allow, "", "", Different, []string{"10007"}},
		{"live has a county more", regiongen.Options{Counties: 2}, allow, "", "", Different, []string{"index 2"}},
		{"all blocks have other indices", regiongen.Options{}, func(w *world) {
			allow(w)
			w.objects[livePrefix+hierarchyFile] = stored{body: shifted(w.objects[livePrefix+hierarchyFile].body)}
		}, "", "", Different, []string{"10001", "10003", "10005"}},
		{"live is missing", regiongen.Options{}, func(w *world) { delete(w.objects, livePrefix+hierarchyFile) }, fault.MapsWouldBreak, "it is missing", "", nil},
		{"live is half", regiongen.Options{}, func(w *world) {
			w.objects[livePrefix+hierarchyFile] = stored{body: "[[[0,1"}
		}, fault.MapsWouldBreak, "in the middle", "", nil},
		{"live is missing, and there are no maps yet", regiongen.Options{}, func(w *world) {
			delete(w.objects, livePrefix+hierarchyFile)
			w.region.Maps = 0
		}, fault.MapsWouldBreak, "has 0 maps now", "", nil},
		{"live is missing, and that is allowed", regiongen.Options{}, func(w *world) {
			delete(w.objects, livePrefix+hierarchyFile)
			allow(w)
		}, "", "", NoLiveHierarchy, []string{}},
		{"invalid data comes before maps, and says both", regiongen.Options{Restructure: []int{1}, Fault: regiongen.MissingFile}, func(*world) {},
			fault.RegionDataInvalid, "Beside that: geounit-hierarchy.json: different-structure", "", nil},
		{"and without maps too", regiongen.Options{Restructure: []int{1}, Fault: regiongen.MissingFile}, func(w *world) { w.region.Maps = 0 },
			fault.RegionDataInvalid, "has 0 maps now", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tt.o)
			tt.change(w)
			out, err := w.run(t)
			if name, _ := fault.NameOf(err); name != tt.want || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("error %v, want %s with %q", err, tt.want, tt.says)
			}
			if out.Structure != tt.status || out.SameStructure != (tt.status == Same) {
				t.Errorf("structure %q, same %v; want %q", out.Structure, out.SameStructure, tt.status)
			}
			if diff := cmp.Diff(tt.ids, out.ChangedCounties); diff != "" || out.ChangedCountyCount != len(tt.ids) {
				t.Errorf("%d changed counties:\n%s", out.ChangedCountyCount, diff)
			}
			if warned := len(out.Warnings) > 0; err == nil && warned != (tt.status != Same) {
				t.Errorf("warnings %v", out.Warnings)
			}
		})
	}
}

// shifted gives every block the next index.
func shifted(hierarchy string) string {
	var h [][][]int
	if err := json.Unmarshal([]byte(hierarchy), &h); err != nil {
		panic(err)
	}
	for _, county := range h {
		for _, group := range county {
			for i := range group {
				group[i]++
			}
		}
	}
	body, _ := json.Marshal(h)
	return string(body)
}

func TestGeneratedFaults(t *testing.T) {
	t.Parallel()
	for _, f := range regiongen.Faults {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, regiongen.Options{Fault: f})
			refused, _ := w.found(t)
			if seen := len(refused) > 0; seen == (f == regiongen.BadTopology) {
				t.Errorf("findings: %v", refused)
			}
		})
	}
}

func TestAMessageIsCapped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, regiongen.Options{})
	var entries []string
	for i := range 300 {
		entries = append(entries, fmt.Sprintf(`{"id":"d%d","fileName":"d%d.buf","bytesPerElement":1}`, i, i))
	}
	w.replace(metadataFile, `"demographics":[`, `"demographics":[`+strings.Join(entries, ",")+",")
	_, err := w.run(t)
	if name, _ := fault.NameOf(err); name != fault.RegionDataInvalid {
		t.Fatal(err)
	}
	message := err.Error()
	for _, want := range []string{"300 findings", "s3://state/runs/run-1/regions/5f1c/findings.json", "d0.buf: missing-file", "more"} {
		if !strings.Contains(message, want) {
			t.Errorf("the message lacks %q: %.400s", want, message)
		}
	}
	if len(message) > maxMessage+1000 {
		t.Errorf("the message has %d bytes", len(message))
	}
	refused, _ := w.found(t)
	if len(refused) != 300 {
		t.Errorf("the list has %d findings, want all 300", len(refused))
	}
}

func TestReadingFails(t *testing.T) {
	t.Parallel()
	slow := &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 503}}, Err: errors.New("SlowDown")}
	on := func(name string, err error) func(*world) {
		return func(w *world) {
			w.before = func(key string) error {
				if strings.HasSuffix(key, name) {
					return err
				}
				return nil
			}
		}
	}
	tests := []struct {
		name   string
		change func(*world)
		want   string
	}{
		{"throttled", on("topo.json", slow), "Unavailable"},
		{"throttled at the live hierarchy", on("live/geounit-hierarchy.json", slow), "Unavailable"},
		{"a file changes meanwhile", func(w *world) {
			w.before = func(key string) error {
				if strings.HasSuffix(key, "static-metadata.json") {
					w.objects[sourcePrefix+"topo.json"] = stored{body: "{}"}
				}
				return nil
			}
		}, "SourceChanged"},
		{"a file goes meanwhile", func(w *world) {
			w.before = func(key string) error { delete(w.objects, sourcePrefix+"white.buf"); return nil }
		}, "SourceChanged"},
		{"nothing ever arrives", func(w *world) { w.dead = true }, "Unavailable"},
		{"the connection breaks often, but some arrives each time", func(w *world) { w.breaks = 1000 }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, regiongen.Options{})
			tt.change(w)
			_, err := w.run(t)
			got := ""
			if err != nil {
				got = lambdarun.Named(err).Type
			}
			if got != tt.want {
				t.Errorf("error %v is %q, want %q", err, got, tt.want)
			}
		})
	}
}

func TestABrokenReadGoesOnWhereItBroke(t *testing.T) {
	t.Parallel()
	w := newWorld(t, regiongen.Options{})
	w.breaks = 2
	if _, err := w.run(t); err != nil {
		t.Fatal(err)
	}
	if len(w.ranges) < 2 || w.ranges[0] == "bytes=0-" {
		t.Errorf("ranges asked for: %v", w.ranges)
	}
}

func TestALostAnswerChangesNothing(t *testing.T) {
	t.Parallel()
	for _, object := range []string{"findings.json", "inventory.json.gz"} {
		w := newWorld(t, regiongen.Options{})
		lost := false
		w.onWrite = func(key string) error {
			if strings.HasSuffix(key, object) && !lost {
				lost = true
				return context.DeadlineExceeded
			}
			return nil
		}
		if _, err := w.run(t); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%s: error %v, want the lost answer", object, err)
		}
		out, err := w.run(t)
		if err != nil || out.Structure != Same {
			t.Errorf("%s: the repeated call: %+v, %v", object, out, err)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	good := InspectRegionInput{Run: "r", Region: Region{ID: "1", URI: "s3://data/regions/US/DE/v1/", Source: "s3://new/DE/"}}
	tests := []struct {
		name   string
		change func(*InspectRegionInput)
		want   string
	}{
		{"good", func(*InspectRegionInput) {}, ""},
		{"no run", func(in *InspectRegionInput) { in.Run = "" }, "run"},
		{"no id", func(in *InspectRegionInput) { in.Region.ID = "" }, "id"},
		{"bad date", func(in *InspectRegionInput) { in.Date = "22.11.2026" }, "yyyy-mm-dd"},
		{"negative maps", func(in *InspectRegionInput) { in.Region.Maps = -1 }, "-1 maps"},
		{"bad uri", func(in *InspectRegionInput) { in.Region.URI = "https://x" }, "region.uri"},
		{"bad source", func(in *InspectRegionInput) { in.Region.Source = "" }, "region.source"},
		{"source within", func(in *InspectRegionInput) { in.Region.Source = in.Region.URI + "new/" }, "within"},
		{"source around", func(in *InspectRegionInput) { in.Region.Source = "s3://data/regions/" }, "around"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := good
			tt.change(&in)
			err := in.Validate()
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Validate = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestInspectRegionAction(t *testing.T) {
	t.Parallel()
	env := lambdarun.Env{
		Getenv: func(name string) string { return map[string]string{"STATE_BUCKET": "state"}[name] },
		AWS:    aws.Config{Region: "us-east-1"}, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	handler, err := InspectRegionAction(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	_, err = handler(t.Context(), []byte(`{"run":"r","region":{"id":"1","uri":"nonsense","source":"s3://a-b/c/"}}`))
	if err == nil || lambdarun.Named(err).Type != "InvalidInput" && !strings.Contains(fmt.Sprintf("%+v", err), "InvalidInput") {
		t.Errorf("error %+v, want InvalidInput", err)
	}
	env.Getenv = func(string) string { return "" }
	if _, err := InspectRegionAction(t.Context(), env); err == nil || !strings.Contains(err.Error(), "STATE_BUCKET") {
		t.Errorf("error %v, want one that names STATE_BUCKET", err)
	}
}
