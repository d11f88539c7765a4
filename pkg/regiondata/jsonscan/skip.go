package jsonscan

// Skip reads one value of any kind and drops it. This is the loop that a gigabyte of arcs goes through.
func (s *Scanner) Skip() error {
	s.open = s.open[:0]
	for {
		s.skipElements()
		if err := s.skipOne(); err != nil {
			return err
		}
		for {
			if len(s.open) == 0 {
				return nil
			}
			bracket := s.open[len(s.open)-1]
			switch c := s.next(); {
			case c == ',':
				s.pos++
				if bracket == '{' {
					if err := s.skipKey(); err != nil {
						return err
					}
				}
			case c == bracket+2: // '[' and ']', '{' and '}' are two apart
				s.pos++
				s.open = s.open[:len(s.open)-1]
				continue
			default:
				return s.fail("',' or '" + string(rune(bracket+2)) + "'")
			}
			break
		}
	}
}

// skipElements skips points of an arc, "[12,-34],", and bare numbers, "12,", where an element of an array is expected: the
// quick way through what most of the file is. It stops before the last of them, and before all that is written in another
// way or does not lie whole in the buffer: the general way reads on from there.
func (s *Scanner) skipElements() {
	n := len(s.open)
	if n == 0 || s.open[n-1] != '[' {
		return
	}
	buf, i := s.buf, s.pos
	if s.depth+n+1 <= MaxDepth {
		for buf[i] == '[' {
			x := numberEnd(buf, i+1)
			if x == 0 || buf[x] != ',' {
				break
			}
			y := numberEnd(buf, x+1)
			if y == 0 || buf[y] != ']' || buf[y+1] != ',' {
				break
			}
			i = y + 2
		}
	}
	for end := numberEnd(buf, i); end != 0 && buf[end] == ','; end = numberEnd(buf, i) {
		i = end + 1
	}
	s.pos = i
}

// skipOne skips a scalar, or enters arrays and objects down to their first scalar or an empty one.
func (s *Scanner) skipOne() error {
	for {
		c := s.next()
		switch {
		case c == '[' || c == '{':
			empty, err := s.push(c)
			if empty || err != nil {
				return err
			}
		case c == '-' || c-'0' < 10:
			return s.skipNumber()
		case c == '"':
			return s.skipString()
		default:
			return s.skipWord(c)
		}
	}
}

// push enters an array or object, and for an object reads the first key. An empty one is left again.
func (s *Scanner) push(bracket byte) (empty bool, err error) {
	s.pos++
	if s.depth+len(s.open)+1 > MaxDepth {
		return false, s.tooDeep()
	}
	if s.next() == bracket+2 {
		s.pos++
		return true, nil
	}
	s.open = append(s.open, bracket)
	if bracket == '{' {
		return false, s.skipKey()
	}
	return false, nil
}

func (s *Scanner) skipKey() error {
	if s.next() != '"' {
		return s.fail("a key")
	}
	if end := plainEnd(s.buf, s.pos+1); s.buf[end] == '"' && s.buf[end+1] == ':' {
		s.pos = end + 2
		return nil
	}
	if err := s.skipString(); err != nil {
		return err
	}
	return s.take(':', "':'")
}

func (s *Scanner) skipNumber() error {
	if end := numberEnd(s.buf, s.pos); end != 0 && s.buf[end] != 0 && s.buf[end]|0x20 != 'e' {
		s.pos = end
		return nil
	}
	if s.buf[s.pos] == '-' {
		s.pos++
	}
	switch c := s.peek(); {
	case c == '0':
		s.pos++
	case c-'1' < 9:
		s.digits()
	default:
		return s.fail("a digit")
	}
	if c := s.peek(); c == '.' || c == 'e' || c == 'E' {
		return s.skipFraction(c)
	}
	return nil
}

func (s *Scanner) skipFraction(c byte) error {
	if c == '.' {
		s.pos++
		if s.digits() == 0 {
			return s.fail("a digit")
		}
		c = s.peek()
	}
	if c != 'e' && c != 'E' {
		return nil
	}
	s.pos++
	if c = s.peek(); c == '+' || c == '-' {
		s.pos++
	}
	if s.digits() == 0 {
		return s.fail("a digit")
	}
	return nil
}

// digits consumes digits and returns how many, at least whether there were any.
func (s *Scanner) digits() int {
	n := 0
	for {
		i := s.pos
		for s.buf[i]-'0' < 10 {
			i++
		}
		n += i - s.pos
		s.pos = i
		if s.buf[i] != 0 || s.peekMore() == 0 {
			return n
		}
	}
}

// skipWord skips true, false and null.
func (s *Scanner) skipWord(c byte) error {
	word := map[byte]string{'t': "true", 'f': "false", 'n': "null"}[c]
	if word == "" {
		return s.fail("a value")
	}
	for i := range len(word) {
		if s.peek() != word[i] {
			return s.fail(word)
		}
		s.pos++
	}
	return nil
}
