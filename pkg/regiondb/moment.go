package regiondb

import (
	"fmt"
	"time"
)

// Moment is a time as DistrictBuilder keeps it: milliseconds, because JavaScript has no more. The database may hold
// microseconds (a row's default is now()); they are cut off here as they are there.
type Moment struct{ time.Time }

const layout = "2006-01-02T15:04:05.000Z"

func moment(t time.Time) Moment { return Moment{t.UTC().Truncate(time.Millisecond)} }

// String writes RFC 3339 in UTC with three digits.
func (m Moment) String() string { return m.UTC().Format(layout) }

// MarshalText implements encoding.TextMarshaler.
func (m Moment) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// MarshalJSON takes the place of the embedded time's, which drops trailing zeros.
func (m Moment) MarshalJSON() ([]byte, error) { return []byte(`"` + m.String() + `"`), nil }

// UnmarshalText reads RFC 3339 with any number of fractional digits.
func (m *Moment) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		return fmt.Errorf("time %q: expected RFC 3339 such as %s", text, layout)
	}
	*m = moment(t)
	return nil
}

// UnmarshalJSON takes the place of the embedded time's.
func (m *Moment) UnmarshalJSON(data []byte) error {
	if len(data) < 2 || data[0] != '"' || data[len(data)-1] != '"' {
		return fmt.Errorf("time %s: expected a text in RFC 3339 such as %s", data, layout)
	}
	return m.UnmarshalText(data[1 : len(data)-1])
}

// Equal compares to the millisecond.
func (m Moment) Equal(other Moment) bool { return moment(m.Time).Time.Equal(moment(other.Time).Time) }
