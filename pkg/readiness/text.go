package readiness

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var colour = regexp.MustCompile("\x1b\\[[0-9;]*m")

// clean takes out what does not belong into a report: terminal colours, control characters, broken UTF-8.
func clean(s string) string {
	s = colour.ReplaceAllString(s, "")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// shorten keeps s within limit bytes by leaving out its middle: a URI differs at its end.
func shorten(s string, limit int) string {
	const gap = "…"
	if len(s) <= limit {
		return s
	}
	room := limit - len(gap)
	head, tail := room-room/2, len(s)-room/2
	for head > 0 && !utf8.RuneStart(s[head]) {
		head--
	}
	for tail < len(s) && !utf8.RuneStart(s[tail]) {
		tail++
	}
	return s[:head] + gap + s[tail:]
}

// cut keeps the first limit bytes of s.
func cut(s string, limit int) string {
	const gap = "…"
	if len(s) <= limit {
		return s
	}
	end := limit - len(gap)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + gap
}

// label is a region's short name: "US/TX" for s3://bucket/regions/US/TX/2021-08-12T21:42:38.860Z/.
func label(uri string) string {
	rest, _ := strings.CutPrefix(uri, "s3://")
	segments := strings.Split(strings.Trim(rest, "/"), "/")
	if n := len(segments); n >= 4 {
		return shorten(segments[n-3]+"/"+segments[n-2], 24)
	}
	return shorten(uri, 24)
}

func labels(uris []string, limit int) []string {
	out := make([]string, 0, min(len(uris), limit))
	for _, uri := range uris[:min(len(uris), limit)] {
		out = append(out, label(uri))
	}
	return out
}
