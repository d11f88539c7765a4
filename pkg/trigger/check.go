package trigger

// Check checks the text of an update as an upload's is checked, and returns the execution's input: the text, compacted.
func Check(text []byte) (input string, err error) {
	if len(text) > maxSize {
		return "", errTooLarge
	}
	return parse(text)
}
