package jsonata

import (
	"math"
	"strconv"
	"strings"
)

// formatNumber writes a finite number as JavaScript's Number.prototype.toString does:
// the shortest digits that read back as the same number, with an exponent from 1e21 and below 1e-6.
func formatNumber(n float64) string {
	if n == 0 {
		return "0"
	}
	size := math.Abs(n)
	if size >= 1e-6 && size < 1e21 {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	text := strconv.FormatFloat(n, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(text, "e")
	sign := exponent[:1]
	return mantissa + "e" + sign + strings.TrimLeft(exponent[1:], "0")
}

// roundDigits keeps 15 significant digits, as $string does to hide that 0.1 + 0.2 is not 0.3.
func roundDigits(n float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 15, 64), 64)
	if err != nil {
		return n
	}
	return rounded
}
