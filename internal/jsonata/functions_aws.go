package jsonata

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"math"
)

// maxItems bounds what $range may make, as the reference bounds [a..b].
const maxItems = 10_000_000

// mistyped is the error of an argument of the wrong type.
func mistyped(position int, name string) error {
	return &Error{Code: "T0410", Message: fmt.Sprintf("Argument %d of function %q does not match function signature", position, name)}
}

// arguments pads args with undefined to n, and refuses more.
func arguments(name string, args []any, n int) ([]any, error) {
	if len(args) > n {
		return nil, mistyped(n+1, name)
	}
	return append(args[:len(args):len(args)], make([]any, n-len(args))...), nil
}

// partition is $partition(array, size): an array of arrays, the last maybe shorter.
func partition(args []any, _ any) (any, error) {
	args, err := arguments("partition", args, 2)
	if err != nil || args[0] == nil || args[1] == nil {
		return nil, err
	}
	items, ok := args[0].([]any)
	if !ok {
		items = []any{args[0]}
	}
	size, ok := args[1].(float64)
	if !ok || size < 1 || size != math.Trunc(size) {
		return nil, mistyped(2, "partition")
	}
	chunks := []any{}
	for len(items) > 0 {
		n := len(items)
		if size < float64(n) {
			n = int(size)
		}
		chunks = append(chunks, items[:n:n])
		items = items[n:]
	}
	return chunks, nil
}

// rangeOf is $range(first, last, step), both ends included. A single number comes bare, as recorded from the service.
func rangeOf(args []any, _ any) (any, error) {
	args, err := arguments("range", args, 3)
	if err != nil {
		return nil, err
	}
	var bounds [3]float64
	for i, argument := range args {
		if argument == nil {
			return nil, nil
		}
		n, ok := argument.(float64)
		if !ok || math.IsInf(n, 0) || math.IsNaN(n) {
			return nil, mistyped(i+1, "range")
		}
		bounds[i] = n
	}
	first, last, step := bounds[0], bounds[1], bounds[2]
	if step == 0 {
		return nil, mistyped(3, "range")
	}
	if (last-first)/step > maxItems {
		return nil, &Error{Code: "D2014", Message: "The size of the sequence allocated by $range is too large"}
	}
	items := []any{}
	for n := first; step > 0 && n <= last || step < 0 && n >= last; n += step {
		items = append(items, n)
		if n+step == n {
			break
		}
	}
	return sequence(items), nil
}

// hash is $hash(text, algorithm), in lower-case hexadecimal.
func hash(args []any, _ any) (any, error) {
	args, err := arguments("hash", args, 2)
	if err != nil || args[0] == nil {
		return nil, err
	}
	text, ok := args[0].(string)
	if !ok {
		return nil, mistyped(1, "hash")
	}
	data := []byte(text)
	switch args[1] {
	case "MD5":
		sum := md5.Sum(data)
		return hex.EncodeToString(sum[:]), nil
	case "SHA-1":
		sum := sha1.Sum(data)
		return hex.EncodeToString(sum[:]), nil
	case "SHA-256":
		sum := sha256.Sum256(data)
		return hex.EncodeToString(sum[:]), nil
	case "SHA-384":
		sum := sha512.Sum384(data)
		return hex.EncodeToString(sum[:]), nil
	case "SHA-512":
		sum := sha512.Sum512(data)
		return hex.EncodeToString(sum[:]), nil
	}
	return nil, mistyped(2, "hash")
}

// parse is $parse(text): the JSON value that the text holds.
func parse(args []any, _ any) (any, error) {
	args, err := arguments("parse", args, 1)
	if err != nil || args[0] == nil {
		return nil, err
	}
	text, ok := args[0].(string)
	if !ok {
		return nil, mistyped(1, "parse")
	}
	value, err := Decode([]byte(text))
	if err != nil {
		return nil, &Error{Code: "D3121", Message: "The argument of $parse is not JSON: " + err.Error()}
	}
	return value, nil
}
