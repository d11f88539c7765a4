// Package jsonscan reads JSON as a stream, in memory that does not grow with the input, and checks all of its
// syntax (RFC 8259, UTF-8 included) also where it only skips. It is made for topo.json: a gigabyte of numbers
// of which a few strings are wanted.
package jsonscan

import (
	"errors"
	"fmt"
	"io"
)

// MaxDepth is the deepest nesting that is read, the same as in encoding/json.
const MaxDepth = 10_000

// bufferSize is how much is read at once, in bytes.
const bufferSize = 256 << 10

// Error is a fault in the JSON.
type Error struct {
	Offset int64  // of the offending byte
	Found  string // what stands there
	Want   string // what may stand there
}

// Error says what is wrong and where.
func (e *Error) Error() string {
	return fmt.Sprintf("at byte %d: %s, expected %s", e.Offset, e.Found, e.Want)
}

// Truncated is the error of an input that ends before its JSON value does.
type Truncated struct{ Length int64 }

// RangeError is a number that is valid JSON, but not the index that was expected.
type RangeError struct {
	Offset int64
	Found  string
	Limit  int
}

// Error says what was found.
func (e *RangeError) Error() string {
	return fmt.Sprintf("at byte %d: %s, expected an integer below %d", e.Offset, e.Found, e.Limit)
}

// Error says where the input ends.
func (e *Truncated) Error() string {
	return fmt.Sprintf("ends after %d bytes, in the middle", e.Length)
}

// Scanner reads one JSON text. After an error it must not be used any more.
type Scanner struct {
	r        io.Reader
	buf      []byte // buf[end] is always 0, so that every loop over bytes stops there
	pos, end int
	read     int64 // bytes before buf
	err      error // of r; set when there is no more to read
	depth    int
	open     []byte // the brackets that Skip is within
	text     []byte // the string or number read last
	from     int    // where in buf a number begins that is being read, else -1
	half     rune   // the \u escape read last, and where in text it stands
	halfAt   int
}

// New returns a Scanner on r.
func New(r io.Reader) *Scanner {
	return &Scanner{r: r, buf: make([]byte, bufferSize+slack), from: -1}
}

// Offset is how many bytes have been consumed.
func (s *Scanner) Offset() int64 { return s.read + int64(s.pos) }

// peek returns the byte at hand, or 0 when there is none or it is a NUL, which is valid nowhere.
func (s *Scanner) peek() byte {
	if c := s.buf[s.pos]; c != 0 {
		return c
	}
	return s.peekMore()
}

// peekMore is kept apart so that peek is small enough to be inlined.
//
//go:noinline
func (s *Scanner) peekMore() byte {
	for s.pos == s.end && s.err == nil {
		s.fill()
	}
	return s.buf[s.pos]
}

// fill replaces the buffer, all of which has been consumed.
func (s *Scanner) fill() {
	if s.from >= 0 {
		s.keep(s.buf[s.from:s.end])
		s.from = 0
	}
	s.read += int64(s.end)
	s.pos = 0
	s.end, s.err = s.r.Read(s.buf[:bufferSize])
	s.buf[s.end] = 0
}

// next skips white space and returns the byte at hand.
func (s *Scanner) next() byte {
	if c := s.buf[s.pos]; c > ' ' {
		return c
	}
	return s.nextMore()
}

func (s *Scanner) nextMore() byte {
	c := s.peek()
	for c == ' ' || c == '\n' || c == '\r' || c == '\t' {
		s.pos++
		c = s.peek()
	}
	return c
}

// Next skips white space and returns the first byte of the value at hand, or 0 at the end of the input.
func (s *Scanner) Next() byte { return s.next() }

// fail is the error for the byte at hand, where want should be.
func (s *Scanner) fail(want string) error {
	if s.pos < s.end {
		return &Error{Offset: s.Offset(), Found: fmt.Sprintf("%q", s.buf[s.pos:s.pos+1]), Want: want}
	}
	if s.err != nil && !errors.Is(s.err, io.EOF) {
		return s.err
	}
	return &Truncated{Length: s.Offset()}
}

// End checks that nothing but white space is left, and returns the reader's own error if it ended with one.
func (s *Scanner) End() error {
	if s.next(); s.pos < s.end {
		return s.fail("the end")
	}
	if !errors.Is(s.err, io.EOF) {
		return s.err
	}
	return nil
}

// take consumes the byte c, after white space.
func (s *Scanner) take(c byte, want string) error {
	if s.next() != c {
		return s.fail(want)
	}
	s.pos++
	return nil
}

// Object reads an object and calls field for each of its keys. The key is valid until field reads on;
// field must consume the value.
func (s *Scanner) Object(field func(key []byte) error) error {
	if err := s.enter('{', "an object"); err != nil {
		return err
	}
	for first := true; ; first = false {
		switch c := s.next(); {
		case c == '}':
			return s.leave()
		case !first && c != ',':
			return s.fail("',' or '}'")
		case !first:
			s.pos++
			s.next()
		}
		key, err := s.key()
		if err != nil {
			return err
		}
		if err := field(key); err != nil {
			return err
		}
	}
}

// key reads a key and the colon after it. The quick way is for a key that lies whole in the buffer together with its colon:
// looking for one further on would replace the buffer.
func (s *Scanner) key() ([]byte, error) {
	if s.peek() != '"' {
		return nil, s.fail("a key")
	}
	from := s.pos + 1
	if end := plainEnd(s.buf, from); s.buf[end] == '"' && s.buf[end+1] == ':' && end-from <= MaxText {
		s.pos = end + 2
		return s.buf[from:end], nil
	}
	key, err := s.copyString()
	if err != nil {
		return nil, err
	}
	return key, s.take(':', "':'")
}

// Array reads an array and calls element with the index of each of its elements, which it must consume.
func (s *Scanner) Array(element func(i int) error) error {
	if err := s.enter('[', "an array"); err != nil {
		return err
	}
	if s.next() == ']' {
		return s.leave()
	}
	for i := 0; ; i++ {
		if err := element(i); err != nil {
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

func (s *Scanner) enter(bracket byte, want string) error {
	if err := s.take(bracket, want); err != nil {
		return err
	}
	if s.depth++; s.depth > MaxDepth {
		return s.tooDeep()
	}
	return nil
}

func (s *Scanner) leave() error {
	s.pos++
	s.depth--
	return nil
}

func (s *Scanner) tooDeep() error {
	return &Error{Offset: s.Offset() - 1, Found: fmt.Sprintf("nesting over %d deep", MaxDepth), Want: "less"}
}
