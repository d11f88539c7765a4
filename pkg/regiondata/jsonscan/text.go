package jsonscan

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxText is how much of a string or number is returned, in bytes; the rest is read and dropped.
const MaxText = 4096

// String reads a string and returns its text, cut at MaxText. It is valid until the next call.
func (s *Scanner) String() ([]byte, error) {
	if s.next() != '"' {
		return nil, s.fail("a string")
	}
	from := s.pos + 1
	if end := plainEnd(s.buf, from); s.buf[end] == '"' && end-from <= MaxText {
		s.pos = end + 1
		return s.buf[from:end], nil
	}
	return s.copyString()
}

// copyString is String for a text that shall not lie in the buffer.
func (s *Scanner) copyString() ([]byte, error) {
	s.text, s.half = s.text[:0], 0
	err := s.readString(true)
	return s.text, err
}

func (s *Scanner) skipString() error { return s.readString(false) }

// Text reads a string or a number and returns its text. ok is false for any other value, which is skipped.
func (s *Scanner) Text() (text []byte, ok bool, err error) {
	switch c := s.next(); {
	case c == '"':
		text, err = s.String()
		return text, true, err
	case c == '-' || c-'0' < 10:
		text, err = s.number()
		return text, true, err
	}
	return nil, false, s.Skip()
}

// Index reads a number that must be an integer of at least 0 and below limit.
func (s *Scanner) Index(limit int) (int, error) {
	if s.next()-'0' >= 10 {
		return 0, s.fail("an integer of 0 or more")
	}
	at := s.Offset()
	text, err := s.number()
	if err != nil {
		return 0, err
	}
	n := 0
	for _, c := range text {
		if n = 10*n + int(c-'0'); c-'0' >= 10 || n >= limit {
			return 0, &RangeError{Offset: at, Found: string(text), Limit: limit}
		}
	}
	return n, nil
}

// number reads a number and returns its text.
func (s *Scanner) number() ([]byte, error) {
	s.text, s.from = s.text[:0], s.pos
	err := s.skipNumber()
	s.keep(s.buf[s.from:s.pos])
	s.from = -1
	return s.text, err
}

// keep appends to the text, up to MaxText.
func (s *Scanner) keep(text []byte) {
	s.text = append(s.text, text[:min(len(text), MaxText-len(s.text))]...)
}

// readString reads a string from its opening quote on, and appends it to text if keep is true.
func (s *Scanner) readString(keep bool) error {
	s.pos++
	for {
		start := s.pos
		s.pos = plainEnd(s.buf, start)
		if keep {
			s.keep(s.buf[start:s.pos])
		}
		c := s.buf[s.pos]
		if c == '"' {
			s.pos++
			return nil
		}
		if c == 0 && s.peekMore() != 0 {
			continue
		}
		text, err := s.special(s.buf[s.pos])
		if err != nil {
			return err
		}
		if keep {
			s.keep(text)
		}
	}
}

// special reads an escape or a character of several bytes and returns it in UTF-8.
func (s *Scanner) special(c byte) ([]byte, error) {
	switch {
	case c == '\\':
		s.pos++
		return s.escape()
	case c >= utf8.RuneSelf:
		return s.rune()
	}
	return nil, s.fail("a character of a string, or its end")
}

// escape reads what stands after a backslash.
func (s *Scanner) escape() ([]byte, error) {
	c := s.peek()
	if c == 'u' {
		s.pos++
		return s.codeUnit()
	}
	i := strings.IndexByte(`"\/bfnrt`, c)
	if i < 0 {
		return nil, s.fail("an escape")
	}
	s.pos++
	return []byte{"\"\\/\b\f\n\r\t"[i]}, nil
}

// codeUnit reads the four digits of a \u escape. The second half of a surrogate pair replaces what its first half
// has left in the text: half a pair alone reads as U+FFFD.
func (s *Scanner) codeUnit() ([]byte, error) {
	var r rune
	for range 4 {
		digit := strings.IndexByte("0123456789abcdef", s.peek()|0x20)
		if digit < 0 || s.peek() < '0' {
			return nil, s.fail("a hexadecimal digit")
		}
		r = r<<4 | rune(digit)
		s.pos++
	}
	if pair := utf16.DecodeRune(s.half, r); pair != utf8.RuneError && len(s.text) == s.halfAt+3 {
		s.text = s.text[:s.halfAt]
		r = pair
	}
	s.half, s.halfAt = r, len(s.text)
	return utf8.AppendRune(nil, r), nil
}

// rune reads a character of several bytes.
func (s *Scanner) rune() ([]byte, error) {
	var text []byte
	for !utf8.FullRune(text) {
		c := s.peek()
		if c < utf8.RuneSelf {
			return nil, s.fail("the rest of a UTF-8 character")
		}
		text = append(text, c)
		s.pos++
	}
	if !utf8.Valid(text) {
		return nil, &Error{Offset: s.Offset() - int64(len(text)), Found: fmt.Sprintf("% x", text), Want: "UTF-8"}
	}
	return text, nil
}
