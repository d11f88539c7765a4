package jsonscan

import (
	"encoding/binary"
	"math"
	"strconv"
)

// Indices is what is kept of indices in nested lists, as the arcs of a TopoJSON geometry are: [[0,-3],[7]]. The zero value
// is that of a value that is no list.
//
// An index i of 0 or more names an element from the front, a negative one element ^i (TopoJSON specification, 2.1.4).
// Any number without a fraction is an index, 1e2 too: JSON knows one kind of numbers, and JSON.parse makes 100 of it.
type Indices struct {
	Span    int64 // how many elements there must be for all indices; 0 without an index, at most 1<<53 + 1
	Shallow int   // the least depth at which an index stands: 1 in a list, 2 in a list of lists; 0 without an index
	Deep    int   // how deep the lists are nested, at most MaxLists + 1
	Others  int   // what is neither a list nor an index
}

// MaxLists is how deep lists are nested in which Indices looks for indices. What is deeper is skipped.
const MaxLists = 3

// Indices reads a value that should be nested lists of indices. Whatever valid JSON it is, it is no error.
func (s *Scanner) Indices() (Indices, error) {
	var n Indices
	if s.next() != '[' {
		return n, s.Skip()
	}
	err := s.indexList(&n, 1)
	return n, err
}

func (s *Scanner) indexList(n *Indices, depth int) error {
	if err := s.enter('[', "an array"); err != nil {
		return err
	}
	n.Deep = max(n.Deep, depth)
	if s.next() == ']' {
		return s.leave()
	}
	for {
		if s.indexRun(n, depth) {
			return s.leave()
		}
		if err := s.indexElement(n, depth); err != nil {
			return err
		}
		switch s.next() {
		case ']':
			return s.leave()
		case ',':
			s.pos++
		default:
			return s.fail("',' or ']'")
		}
	}
}

// indexRun reads indices, "12,-34,", where an element is expected: the quick way through nearly all there are. It stops
// before what is written in another way or does not lie whole in the buffer. ended is true at the end of the list.
func (s *Scanner) indexRun(n *Indices, depth int) (ended bool) {
	buf, i, most := s.buf, s.pos, n.Span
	for {
		span, end := indexAt(buf, i)
		if end == 0 || buf[end] != ',' && buf[end] != ']' {
			break
		}
		most = max(most, span)
		if i = end; buf[end] == ']' {
			ended = true
			break
		}
		i++
	}
	if i > s.pos {
		s.pos = i
		n.add(most, depth)
	}
	return ended
}

func (n *Indices) add(span int64, depth int) {
	n.Span = max(n.Span, span)
	if n.Shallow == 0 || depth < n.Shallow {
		n.Shallow = depth
	}
}

// indexElement reads an element of a list in the general way.
func (s *Scanner) indexElement(n *Indices, depth int) error {
	switch c := s.next(); {
	case c == '[' && depth < MaxLists:
		return s.indexList(n, depth+1)
	case c == '[':
		n.Deep = depth + 1
	case c == '-' || c-'0' < 10:
		text, err := s.number()
		if span, ok := spanOf(text); ok {
			n.add(span, depth)
		} else {
			n.Others++
		}
		return err
	default:
		n.Others++
	}
	return s.Skip()
}

// spanOf is how many elements there must be for an index. ok is false for a fraction. Of a number longer than MaxText only
// what was kept counts.
func spanOf(text []byte) (span int64, ok bool) {
	f, _ := strconv.ParseFloat(string(text), 64) // infinite where it is too large
	if f != math.Trunc(f) {
		return 0, false
	}
	if f < 0 {
		f = -f - 1
	}
	return int64(min(f, 1<<53)) + 1, true
}

// indexAt is spanOf for the index at i, and where it ends: 0 if there is none, or it is -0, which the general way must read.
// Of more than eight digits it takes the first eight, and there another one stands where it ends.
func indexAt(buf []byte, i int) (span int64, end int) {
	sign := 0 // as in numberEnd
	if buf[i] == '-' {
		sign = 1
	}
	i += sign
	digits := binary.LittleEndian.Uint64(buf[i:])
	n := runOf(nonDigits(buf[i:]))
	if n == 0 || buf[i] == '0' && n+sign > 1 {
		return 0, 0
	}
	return int64(decimal(digits<<(64-8*n))) + 1 - int64(sign), i + n
}

// decimal is the value of eight digits, the first in the lowest byte; 0 stands for a missing digit. It joins neighbours to
// numbers of two, four and eight digits.
func decimal(digits uint64) uint64 {
	digits = digits & (0x0f * ones) * (10<<8 + 1) >> 8
	digits = digits & 0x00ff_00ff_00ff_00ff * (100<<16 + 1) >> 16
	return digits & 0x0000_ffff_0000_ffff * (10_000<<32 + 1) >> 32
}
