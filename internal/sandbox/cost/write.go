package cost

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
)

// Write prints the rows and their total as a table in Markdown, which reads as well as it is.
func Write(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprintln(t, "| Service\t| What\t| Quantity\t| Unit\t| $ a unit\t| $\t|")
	fmt.Fprintln(t, "|---\t|---\t|---\t|---\t|---\t|---\t|")
	for _, r := range rows {
		fmt.Fprintf(t, "| %s\t| %s\t| %s\t| %s\t| %s\t| %.4f\t|\n", r.Service, r.What, significant(r.Quantity), r.Unit, significant(r.Price), r.Dollars)
	}
	fmt.Fprintf(t, "| total\t|\t|\t|\t|\t| %.4f\t|\n", Total(rows))
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write the table of costs: %w", err)
	}
	return nil
}

// significant writes a whole number as it is, and others with three significant digits, never with an exponent.
func significant(n float64) string {
	if n == float64(int64(n)) {
		return strconv.FormatInt(int64(n), 10)
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 3, 64), 64)
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
