package deployed

import (
	"encoding/json"
	"strings"
)

// explain finds what an error is about. A cause is often JSON in text: a function's error, a nested execution, what a
// machine has put together, each inside the other. The innermost error's name is returned, and its message by lines.
func explain(name, cause string) (innermost string, message []string) {
	var c struct {
		Error, Cause string
		ErrorType    string      `json:"errorType"`
		ErrorMessage string      `json:"errorMessage"`
		Why          string      `json:"why"`
		Diagnosis    []diagnosis `json:"diagnosis"`
	}
	if json.Unmarshal([]byte(cause), &c) != nil {
		return name, lines(cause)
	}
	switch {
	case c.ErrorMessage != "":
		if c.ErrorType != "" {
			name = c.ErrorType
		}
		return name, lines(c.ErrorMessage)
	case c.Error != "":
		return explain(c.Error, c.Cause)
	case c.Why != "":
		message = lines(c.Why)
		for _, d := range c.Diagnosis {
			message = append(message, d.lines()...)
		}
		return name, message
	}
	return name, lines(cause)
}

// diagnosis is what the machine's cause holds of readiness.Diagnosis.
type diagnosis struct {
	Region  string `json:"region"`
	File    string `json:"file"`
	Problem string `json:"problem"`
	Fix     string `json:"fix"`
}

func (d diagnosis) lines() []string {
	where := d.Region
	if d.File != "" {
		where += " " + d.File
	}
	return []string{where + ": " + d.Problem, "  to do: " + d.Fix}
}

// lines splits a text and drops empty ends.
func lines(text string) []string {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// brief is an error on one line.
func brief(name, cause string) string {
	name, message := explain(name, cause)
	text := name
	if len(message) > 0 {
		text += ": " + message[0]
	}
	return cut(text, maxBrief)
}

const maxBrief = 200 // characters

// cut keeps the first characters of a text.
func cut(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit-1]) + "…"
}
