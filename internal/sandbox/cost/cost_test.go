package cost

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func TestTable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		counts Counts
		want   string // the one row
	}{
		{"transitions", Counts{Transitions: map[string]int{"Wait states": 400}}, "| Step Functions | Wait states | 400 | transition | 0.000025 | 0.0100 |"},
		{"S3 copies", Counts{Requests: map[string]int{"CopyObject": 4000}}, "| S3 | CopyObject | 4000 | request | 0.000005 | 0.0200 |"},
		{"S3 reads", Counts{Requests: map[string]int{"HeadObject": 10000}}, "| S3 | HeadObject | 10000 | request | 0.0000004 | 0.0040 |"},
		{"S3 deletions are free", Counts{Requests: map[string]int{"DeleteObjects": 9}}, "| S3 | DeleteObjects | 9 | request | 0 | 0.0000 |"},
		{"a quarter of a GB in the log", Counts{LogBytes: 1 << 28}, "| CloudWatch Logs | ingestion | 0.25 | GB | 0.5 | 0.1250 |"},
		{"four instances for 45 minutes", Counts{InstanceTime: 4 * 45 * time.Minute}, "| EC2 | instances above the usual | 3 | hour | 0.504 | 1.5120 |"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rows := Table(tt.counts)
			if got := lines(t, rows); len(rows) != 1 || got[2] != tt.want {
				t.Errorf("%d rows: %s\nwant   %s", len(rows), got[2:], tt.want)
			}
		})
	}
}

// TestInvocations: 3 s at 1,769 MB are 5.183 GB seconds; 0.1 ms count as 1 ms.
func TestInvocations(t *testing.T) {
	t.Parallel()
	rows := Table(Counts{Invocations: []Invocation{{3 * time.Second, 1769}, {100 * time.Microsecond, 1024}}})
	want := []Row{
		{"Lambda", "invocations", 2, "request", 0.2e-6, 0.4e-6},
		{"Lambda", "time by memory", 3*1769./1024 + 0.001, "GB second", 0.0000133334, 0.0000691152},
	}
	if len(rows) != len(want) {
		t.Fatalf("rows %+v", rows)
	}
	for i, got := range rows {
		if got.What != want[i].What || got.Price != want[i].Price || !near(got.Quantity, want[i].Quantity) || !near(got.Dollars, want[i].Dollars) {
			t.Errorf("row %+v, want %+v", got, want[i])
		}
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-5*math.Abs(b) }

func TestTotal(t *testing.T) {
	t.Parallel()
	rows := Table(Counts{
		Transitions: map[string]int{"Task states": 400, Retries: 400}, Requests: map[string]int{"CopyObject": 4000, "AbortMultipartUpload": 5, "GetObject": 10000},
		LogBytes: 1 << 28, InstanceTime: time.Hour,
	})
	if got, want := Total(rows), 0.02+0.02+0.004+0.125+0.504; !near(got, want) {
		t.Errorf("total %v, want %v", got, want)
	}
	text := strings.Join(lines(t, rows), "\n")
	if !strings.HasSuffix(text, "| total | | | | | 0.6730 |") || strings.Count(text, "\n") != 2+len(rows) {
		t.Error(text)
	}
	if rows := Table(Counts{}); rows != nil || Total(rows) != 0 {
		t.Errorf("nothing costs %+v", rows)
	}
}

func TestRequestPrices(t *testing.T) {
	t.Parallel()
	for price, operations := range map[float64]string{
		0.005 / 1000:  "PutObject CopyObject PutObjectTagging ListObjectsV2 ListMultipartUploads CreateMultipartUpload UploadPart UploadPartCopy CompleteMultipartUpload",
		0.0004 / 1000: "GetObject HeadObject GetObjectTagging HeadBucket",
		0:             "DeleteObject DeleteObjects AbortMultipartUpload",
	} {
		for operation := range strings.FieldsSeq(operations) {
			if got := requestPrice(operation); got != price {
				t.Errorf("%s costs %v, want %v", operation, got, price)
			}
		}
	}
}

func TestNumbersAreReadable(t *testing.T) {
	t.Parallel()
	for number, want := range map[float64]string{0: "0", 12345: "12345", 5.1826: "5.18", 1234.5: "1230", 0.0000133334: "0.0000133", 0.0000004: "0.0000004"} {
		if got := significant(number); got != want {
			t.Errorf("%v is written as %s, want %s", number, got, want)
		}
	}
}

// broken is a writer that fails.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteTellsOfFailure(t *testing.T) {
	t.Parallel()
	if err := Write(broken{}, nil); err == nil {
		t.Error("no error")
	}
}

// lines are those of the table, without the spaces that align it.
func lines(t *testing.T, rows []Row) []string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, rows); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + out.String())
	var all []string
	for line := range strings.Lines(out.String()) {
		all = append(all, strings.Join(strings.Fields(line), " "))
	}
	return all
}
