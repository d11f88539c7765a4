package awswire

import (
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// Time is a timestamp on the wire: seconds since 1970 with a fraction in JSON and CBOR, ISO 8601 in XML; milliseconds
// in all of them. Use it with the tag option omitzero: AWS leaves out a time that has not come.
type Time struct{ time.Time }

// Seconds returns t as seconds since 1970.
func (t Time) Seconds() float64 { return float64(t.UnixMilli()) / 1000 }

// MarshalJSON writes seconds.
func (t Time) MarshalJSON() ([]byte, error) { return json.Marshal(t.Seconds()) }

// UnmarshalJSON reads seconds, or the ISO 8601 text of a Query parameter.
func (t *Time) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		return json.Unmarshal(text, &t.Time)
	}
	var seconds float64
	if err := json.Unmarshal(text, &seconds); err != nil {
		return fmt.Errorf("timestamp: %w", err)
	}
	t.Time = time.UnixMilli(int64(math.Round(seconds * 1000))).UTC()
	return nil
}

// String returns t as XML and Query write it.
func (t Time) String() string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
