package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// console is where a command reads and writes.
type console struct {
	in        io.Reader
	out, errs io.Writer
}

// print writes lines.
func (c *console) print(lines ...string) {
	for _, l := range lines {
		fmt.Fprintln(c.out, printable(l))
	}
}

// fail says why a command ends, and returns its exit status.
func (c *console) fail(status int, err error) int {
	fmt.Fprintln(c.errs, "dbops:", printable(err.Error()))
	return status
}

// printable takes out what would steer a terminal: reasons and causes are other people's texts.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text)
}
