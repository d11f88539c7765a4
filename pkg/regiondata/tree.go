package regiondata

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/publicmapping/districtbuilder-ops/pkg/regiondata/jsonscan"
)

// node is a JSON value of a small file, which keeps what encoding/json drops: keys that occur twice, and their case.
type node struct {
	raw    string // the value, as valid JSON
	text   string // of a string
	fields []field
	items  []node
}

type field struct {
	key   string
	value node
}

// maxTree is the largest file that is read as a tree, in bytes.
const maxTree = 8 << 20

func readTree(r io.Reader) (node, error) {
	s := jsonscan.New(io.LimitReader(r, maxTree))
	root, err := readNode(s)
	if err == nil {
		err = s.End()
	}
	return root, err
}

func readNode(s *jsonscan.Scanner) (n node, err error) {
	switch c := s.Next(); c {
	case '{':
		return readFields(s)
	case '[':
		n.raw = "["
		err = s.Array(func(i int) error {
			item, err := readNode(s)
			if i > 0 {
				n.raw += ","
			}
			n.raw += item.raw
			n.items = append(n.items, item)
			return err
		})
		n.raw += "]"
	case 't', 'f', 'n':
		n.raw = map[byte]string{'t': "true", 'f': "false", 'n': "null"}[c]
		err = s.Skip()
	default:
		var text []byte
		text, _, err = s.Text()
		n.raw, n.text = string(text), ""
		if c == '"' {
			n.raw, n.text = strconv.Quote(string(text)), string(text)
		}
	}
	return n, err
}

func readFields(s *jsonscan.Scanner) (n node, err error) {
	n.raw, n.fields = "{", []field{}
	err = s.Object(func(key []byte) error {
		name := string(key)
		value, err := readNode(s)
		if len(n.fields) > 0 {
			n.raw += ","
		}
		n.raw += strconv.Quote(name) + ":" + value.raw
		n.fields = append(n.fields, field{name, value})
		return err
	})
	n.raw += "}"
	return n, err
}

// field returns the value of a key, the last one as in JavaScript; nil if there is none.
func (n node) field(key string) *node {
	for _, f := range slices.Backward(n.fields) {
		if f.key == key {
			return &f.value
		}
	}
	return nil
}

// duplicates are the paths of keys that stand twice in an object.
func (n node) duplicates(path string) []string {
	var paths []string
	seen := make(map[string]bool)
	for _, f := range n.fields {
		if seen[f.key] {
			paths = append(paths, path+f.key)
		}
		seen[f.key] = true
		paths = append(paths, f.value.duplicates(path+f.key+".")...)
	}
	for i, item := range n.items {
		paths = append(paths, item.duplicates(fmt.Sprintf("%s%d.", path, i))...)
	}
	return paths
}

// String is the value, cut when it is long; of nil, "nothing".
func (n *node) String() string {
	if n == nil {
		return "nothing"
	}
	return fmt.Sprintf("%.80s", n.raw)
}

func (n node) kind() string {
	switch {
	case n.items != nil || n.raw == "[]":
		return "an array"
	case n.fields != nil:
		return "an object"
	}
	return n.String()
}

// decoder takes typed values out of a tree; what is not as it should be becomes a finding.
type decoder struct {
	findings *findings
	file     string
}

func (d decoder) bad(where, expected, found string, args ...any) {
	d.findings.refuse(BadMetadata, d.file, metadataFix, where+": "+expected, found, args...)
}

func (d decoder) items(root node, name string, required bool) []node {
	value := root.field(name)
	if value == nil && !required {
		return nil
	}
	if value == nil || value.items == nil && (required || value.raw != "[]") {
		d.bad(name, "a list with at least one entry", "%s", value)
		return nil
	}
	return value.items
}

func (d decoder) text(n node, where, name string) string {
	value := n.field(name)
	if value == nil || value.text == "" {
		d.bad(where+"."+name, "a text", "%s", value)
		return ""
	}
	return value.text
}

func (d decoder) number(n node, where, name string) float64 {
	value := n.field(name)
	if value == nil {
		d.bad(where+"."+name, "a number", "nothing")
		return 0
	}
	number, err := strconv.ParseFloat(value.raw, 64)
	if err != nil {
		d.bad(where+"."+name, "a number", "%s", value)
	}
	return number
}

func index(name string, i int) string { return fmt.Sprintf("%s[%d]", name, i) }
