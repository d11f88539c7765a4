package regiondata

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/regiongen"
)

// go test -bench Topology: MB/s of topo.json, of which 150 are wanted, and how many times as fast that is as the stream
// of tokens that encoding/json makes of the same bytes. That ratio is of a few rounds in turn: a busy machine slows both.
func BenchmarkTopology(b *testing.B) {
	const rounds = 3
	for _, kind := range []struct {
		name string
		o    regiongen.Options
		size int64 // that arcs fill up to
	}{
		{"arc-heavy", regiongen.Options{Counties: 20, BlockGroups: 20, Blocks: 20}, 32 << 20},
		{"property-heavy", regiongen.Options{Counties: 20, BlockGroups: 100, Blocks: 40}, 0},
	} {
		b.Run(kind.name, func(b *testing.B) {
			body, levels := topoOfSize(b, kind.o, kind.size)
			read := func() {
				if _, err := readTopology(bytes.NewReader(body), levels, []int{100_000, 3_000, 20}); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				read()
			}
			var ours, standard time.Duration
			for range rounds {
				ours += timed(read)
				standard += timed(func() { readTokens(b, body) })
			}
			b.ReportMetric(float64(standard)/float64(ours), "x-encoding/json")
		})
	}
}

func topoOfSize(b *testing.B, o regiongen.Options, size int64) ([]byte, []Level) {
	file, levels := topoOf(b, o)
	body, err := file.Bytes()
	if err != nil {
		b.Fatal(err)
	}
	if int64(len(body)) >= size {
		return body, levels
	}
	var long bytes.Buffer
	if _, err := lengthen(body, size).WriteTo(&long); err != nil {
		b.Fatal(err)
	}
	return long.Bytes(), levels
}

func timed(do func()) time.Duration {
	start := time.Now()
	do()
	return time.Since(start)
}

// readTokens reads the same as the standard library's stream of tokens.
func readTokens(b *testing.B, body []byte) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			b.Fatal(err)
		}
	}
}
