package fleetsim

import (
	"fmt"
	"slices"
	"strings"
)

// pattern compiles a filter pattern of unstructured logs: terms and quoted phrases of which all must appear,
// "-term" that must not, "?term" of which one must; the latter are ignored beside other terms, as AWS does.
func pattern(text string) (func(string) bool, error) {
	var all, some, none []string
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		list := &all
		switch rest[0] {
		case '?':
			list, rest = &some, rest[1:]
		case '-':
			list, rest = &none, rest[1:]
		}
		term, after, err := cutTerm(rest)
		if err != nil {
			return nil, err
		}
		*list, rest = append(*list, term), after
	}
	return func(message string) bool {
		has := func(term string) bool { return strings.Contains(message, term) }
		if slices.ContainsFunc(none, has) {
			return false
		}
		if len(all) == 0 && len(none) == 0 && len(some) > 0 {
			return slices.ContainsFunc(some, has)
		}
		return !slices.ContainsFunc(all, func(term string) bool { return !has(term) })
	}, nil
}

// cutTerm takes the first term off a pattern. A term of other than letters, digits and underscores needs quotes.
func cutTerm(text string) (term, rest string, err error) {
	if strings.HasPrefix(text, `"`) {
		for i := 1; i < len(text); i++ {
			switch text[i] {
			case '\\':
				i++
			case '"':
				return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(text[1:i]), text[i+1:], nil
			}
		}
		return "", "", fmt.Errorf("the phrase %s has no closing quote", text)
	}
	term, rest, _ = strings.Cut(text, " ")
	plain := func(r rune) bool {
		return r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
	}
	if term == "" || strings.ContainsFunc(term, func(r rune) bool { return !plain(r) }) {
		return "", "", fmt.Errorf("the term %q needs double quotes", term)
	}
	return term, rest, nil
}
