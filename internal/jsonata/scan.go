package jsonata

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A kind says what a token is.
type kind int

const (
	operator kind = iota // punctuation, and the words and, or, in
	name
	variable // text without $
	literal  // string, number, regular expression, true, false, null
)

// A token is a lexical element. operand says that it stands where an operand is expected,
// which tells an array constructor from a predicate, and a wildcard from a product.
type token struct {
	kind    kind
	text    string
	operand bool
}

// is reports whether t is the operator text.
func (t token) is(text string) bool { return t.kind == operator && t.text == text }

// scan splits an expression into tokens. What it cannot read is left for the engine's parser to refuse.
func scan(text string) ([]token, error) {
	s := scanner{rest: text}
	for {
		s.rest = strings.TrimLeft(s.rest, " \t\n\r\v")
		if s.rest == "" {
			return s.tokens, nil
		}
		if err := s.next(); err != nil {
			return nil, err
		}
	}
}

type scanner struct {
	rest   string
	tokens []token
	after  bool  // an operand has just ended
	bars   []int // bars seen in each open transform |…|…|
}

func (s *scanner) next() error {
	switch c := s.rest[0]; {
	case strings.HasPrefix(s.rest, "/*"):
		return s.comment()
	case c == '"' || c == '\'':
		return s.quoted(c)
	case c == '`':
		return s.backtick()
	case c == '/' && !s.after:
		return s.regex()
	case c >= '0' && c <= '9':
		s.number()
	case strings.IndexByte(punctuation, c) >= 0:
		s.punctuation()
	default:
		s.word()
	}
	return nil
}

const punctuation = ".[]{}(),@#;:?+-*/%|=<>^&!~"

func (s *scanner) add(k kind, length int) {
	text := s.rest[:length]
	if k == variable {
		text = text[1:]
	}
	s.tokens = append(s.tokens, token{kind: k, text: text, operand: !s.after})
	s.rest = s.rest[length:]
	s.after = k != operator
}

func (s *scanner) comment() error {
	end := strings.Index(s.rest[2:], "*/")
	if end < 0 {
		return errors.New("a comment is not closed")
	}
	s.rest = s.rest[end+4:]
	return nil
}

func (s *scanner) quoted(quote byte) error {
	for i := 1; i < len(s.rest); i++ {
		switch s.rest[i] {
		case quote:
			s.add(literal, i+1)
			return nil
		case '\\':
			if i++; i < len(s.rest) && s.rest[i] == '\'' {
				return errors.New(`the escape \' is not JSONata: put the text in double quotes`)
			}
		}
	}
	return errors.New("a string is not closed")
}

func (s *scanner) backtick() error {
	end := strings.IndexByte(s.rest[1:], '`')
	if end < 0 {
		return errors.New("a quoted name is not closed")
	}
	s.add(name, end+2)
	return nil
}

// regex follows the reference: a slash inside brackets does not end it.
func (s *scanner) regex() error {
	depth := 0
	for i := 1; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '\\':
			i++
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case '/':
			if depth == 0 {
				end := i + 1
				for end < len(s.rest) && (s.rest[end] == 'i' || s.rest[end] == 'm') {
					end++
				}
				if _, err := compileRegex(s.rest[1:i], s.rest[i+1:end]); err != nil {
					return fmt.Errorf("a regular expression that only JavaScript has, or none: %w", err)
				}
				s.add(literal, end)
				return nil
			}
		}
	}
	return errors.New("a regular expression is not closed")
}

func (s *scanner) number() {
	i := 1
	for i < len(s.rest) {
		c := s.rest[i]
		fraction := c == '.' && i+1 < len(s.rest) && s.rest[i+1] >= '0' && s.rest[i+1] <= '9'
		sign := (c == '+' || c == '-') && (s.rest[i-1] == 'e' || s.rest[i-1] == 'E')
		if c >= '0' && c <= '9' || c == 'e' || c == 'E' || fraction || sign {
			i++
			continue
		}
		break
	}
	s.add(literal, i)
}

func (s *scanner) punctuation() {
	length := 1
	for _, two := range []string{"..", ":=", "!=", ">=", "<=", "**", "~>", "?:", "??"} {
		if strings.HasPrefix(s.rest, two) {
			length = 2
		}
	}
	text, operand := s.rest[:length], !s.after
	s.add(operator, length)
	switch text {
	case ")", "]", "}":
		s.after = true
	case "*", "**", "%", "?":
		s.after = operand // a wildcard, a parent or a placeholder is an operand itself
	case "|":
		s.after = s.bar(operand)
	}
}

// bar follows a transform's three bars; it reports whether the last one ended it.
func (s *scanner) bar(opens bool) bool {
	if opens {
		s.bars = append(s.bars, 1)
		return false
	}
	if len(s.bars) == 0 {
		return false
	}
	last := len(s.bars) - 1
	if s.bars[last]++; s.bars[last] < 3 {
		return false
	}
	s.bars = s.bars[:last]
	return true
}

func (s *scanner) word() {
	length := strings.IndexAny(s.rest, punctuation+" \t\n\r\v\"'`")
	if length < 0 {
		length = len(s.rest)
	}
	if length == 0 {
		_, length = utf8.DecodeRuneInString(s.rest)
	}
	word := s.rest[:length]
	switch {
	case word[0] == '$':
		s.add(variable, length)
	case s.after && (word == "and" || word == "or" || word == "in"):
		s.add(operator, length)
	case word == "true" || word == "false" || word == "null":
		s.add(literal, length)
	default:
		s.add(name, length)
	}
}
