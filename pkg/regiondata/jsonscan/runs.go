package jsonscan

import (
	"encoding/binary"
	"math/bits"
)

// What is read eight bytes at a time: runs of digits, and of plain characters of a string. A loop over single bytes would
// mispredict its end at nearly every number, and numbers and short strings are all that topo.json consists of.

// slack is how many bytes beyond the end of the input the buffer must have. What stands there does not matter:
// the 0 at the end ends every run.
const slack = 8

const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones // the highest bit of each byte
)

// runOf is how many of eight bytes come before the first that is marked by its highest bit, 8 if none is.
func runOf(marks uint64) int { return bits.TrailingZeros64(marks) / 8 }

// nonDigits marks, of eight bytes, those that are no digits. Above the first of them the marks are not reliable.
func nonDigits(buf []byte) uint64 {
	x := binary.LittleEndian.Uint64(buf) ^ '0'*ones
	return (x + (0x80-10)*ones | x) & highs
}

// plainEnd returns where, from i on, the first byte stands that a string cannot hold for itself alone: its end,
// an escape, a control character (the 0 at the end of buf too), or a part of a character of several bytes.
func plainEnd(buf []byte, i int) int {
	for {
		x := binary.LittleEndian.Uint64(buf[i:])
		quote, escape := x^'"'*ones, x^'\\'*ones
		marks := ((x-' '*ones)&^x | (quote-ones)&^quote | (escape-ones)&^escape | x) & highs
		if marks != 0 {
			return i + runOf(marks)
		}
		i += 8
	}
}

// numberEnd returns where the number at i ends, 0 if there is none, or one that the general way must read: with more than
// six digits before the point, or an exponent. The 0 at the end of buf ends it too.
func numberEnd(buf []byte, i int) int {
	sign := 0 // added and not branched on: every second number of an arc has one, at random
	if buf[i] == '-' {
		sign = 1
	}
	n := runOf(nonDigits(buf[i:]) >> (8 * sign))
	if i += sign; n == 0 || n >= 7 || buf[i] == '0' && n > 1 {
		return 0
	}
	if i += n; buf[i] != '.' {
		return i
	}
	return fractionEnd(buf, i+1)
}

// fractionEnd returns where the digits after a point end, 0 if there are none.
func fractionEnd(buf []byte, i int) int {
	end := i
	for n := 8; n == 8; end += n {
		n = runOf(nonDigits(buf[end:]))
	}
	if end == i {
		return 0
	}
	return end
}
