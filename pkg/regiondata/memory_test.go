package regiondata

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/publicmapping/districtbuilder-ops/internal/regiongen"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

// functionEndpoint makes this program be the function instead of its tests: it inspects what lies at that S3 endpoint.
const functionEndpoint = "TEST_INSPECT_REGION_AT"

func TestMain(m *testing.M) {
	if endpoint := os.Getenv(functionEndpoint); endpoint != "" {
		if err := beTheFunction(endpoint); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// beTheFunction reads a payload, hands it to inspect-region, and writes the answer and the most memory that was in use.
func beTheFunction(endpoint string) error {
	env := lambdarun.Env{
		Getenv: func(name string) string { return map[string]string{"STATE_BUCKET": "state"}[name] },
		AWS:    aws.Config{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")},
		Now:    time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	handler, err := InspectRegionAction(context.Background(), env)
	if err != nil {
		return err
	}
	payload, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	answer, err := handler(context.Background(), payload)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(functionReport{answer, peakMemory()})
}

type functionReport struct {
	Answer json.RawMessage
	Peak   int64 // bytes
}

// peakMemory is the most that this process had in memory at once (VmHWM on Linux). Elsewhere it is what the Go runtime
// ever asked of the system, which is more.
func peakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		if _, line, found := strings.Cut(string(status), "\nVmHWM:"); found {
			var kB int64
			if _, err := fmt.Sscanf(line, "%d kB", &kB); err == nil {
				return kB << 10
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}

// texas is as many geounits as any state has: 669,000 blocks, 18,600 block groups, 254 counties.
var texas = regiongen.Options{State: "48", Counties: 254, BlockGroups: 73, Blocks: 36}

// The whole action, as a process of its own, inspects the largest region there may be: 1 GB of topo.json. A function of
// 512 MB must be enough, with room for what Lambda itself needs of that.
func TestAGigabyteIsInspectedInBoundedMemory(t *testing.T) {
	const topoBytes, most = 1 << 30, 256 << 20
	s3 := &standIn{files: regionOf(t, texas, topoBytes)}
	server := httptest.NewServer(s3)
	defer server.Close()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), functionEndpoint+"="+server.URL, "GOGC=100", "GOMEMLIMIT=off", "GODEBUG=")
	cmd.Stdin = strings.NewReader(`{"run":"run-1","region":{"id":"5f1c","uri":"s3://data/live/","source":"s3://data/new/","maps":3}}`)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	var report functionReport
	var answer InspectRegionOutput
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(report.Answer, &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Structure != Same || len(answer.Warnings) != 1 || answer.Warnings[0].File != topologyFile || // which is told to be too long for a task
		answer.Bytes < topoBytes || s3.sent.Load() < topoBytes {
		t.Errorf("sent %d bytes; the answer: %s", s3.sent.Load(), report.Answer)
	}
	t.Logf("%d MiB in %d objects inspected in %d MiB", answer.Bytes>>20, answer.Objects, report.Peak>>20)
	if report.Peak > most {
		t.Errorf("the function had %d MiB in memory, want at most %d", report.Peak>>20, most>>20)
	}
}

// regionOf is a region, live and new, whose topo.json has so many bytes.
func regionOf(t *testing.T, o regiongen.Options, topoBytes int64) map[string]served {
	t.Helper()
	made, err := regiongen.Generate(o)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]served)
	for name, file := range made {
		if name == geojsonFile { // only its end is read
			files["/data/new/"+name] = servedBytes([]byte(`{"type":"FeatureCollection","features":[]}`))
			continue
		}
		body, err := file.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		files["/data/new/"+name] = servedBytes(body)
		switch name {
		case hierarchyFile:
			files["/data/live/"+name] = servedBytes(body)
		case topologyFile:
			long := lengthen(body, topoBytes)
			files["/data/new/"+name] = served{long.size(), long}
		}
	}
	for i := range 20_000 {
		files[fmt.Sprintf("/data/new/tiles/14/%d/%d.pbf", 3000+i/200, 6000+i%200)] = served{size: 9000}
	}
	return files
}
