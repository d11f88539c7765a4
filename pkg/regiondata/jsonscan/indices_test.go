package jsonscan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// indicesOf reads the value as the first of two, and says whether the second was found behind it.
func indicesOf(r io.Reader) (n Indices, err error) {
	s := New(r)
	err = s.Array(func(i int) error {
		if i == 0 {
			n, err = s.Indices()
			return err
		}
		_, err := s.Index(8)
		return err
	})
	if err == nil {
		err = s.End()
	}
	return n, err
}

// indices must not depend on how the input is read.
func indices(t *testing.T, value string) (Indices, error) {
	t.Helper()
	input := "[" + value + ",7]"
	whole, err := indicesOf(strings.NewReader(input))
	for i, r := range readers(input) {
		if other, otherErr := indicesOf(r); fmt.Sprint(err) != fmt.Sprint(otherErr) || err == nil && other != whole {
			t.Fatalf("%.200q: %+v, %v in whole; %+v, %v by reader %d", input, whole, err, other, otherErr, i)
		}
	}
	return whole, err
}

func TestIndices(t *testing.T) {
	t.Parallel()
	const most = 1<<53 + 1
	tests := []struct {
		value string
		want  Indices
	}{
		{`[[0,1,2]]`, Indices{Span: 3, Shallow: 2, Deep: 2}},
		{`[[[5,-3],[4]],[[-9]]]`, Indices{Span: 9, Shallow: 3, Deep: 3}},
		{`[3]`, Indices{Span: 4, Shallow: 1, Deep: 1}},
		{" [ [ 3 ,\n-12\t] , [ 1 ] ] ", Indices{Span: 12, Shallow: 2, Deep: 2}},
		{`[[0]]`, Indices{Span: 1, Shallow: 2, Deep: 2}},
		{`[[-1]]`, Indices{Span: 1, Shallow: 2, Deep: 2}},
		{`[[-0]]`, Indices{Span: 1, Shallow: 2, Deep: 2}},
		{`[[-0,-0]]`, Indices{Span: 1, Shallow: 2, Deep: 2}},
		{`[[999999,1000000,-1000001,9999999]]`, Indices{Span: 10_000_000, Shallow: 2, Deep: 2}},
		{`[[-9999999]]`, Indices{Span: 9_999_999, Shallow: 2, Deep: 2}},
		{`[[12345678]]`, Indices{Span: 12_345_679, Shallow: 2, Deep: 2}},
		{`[[-123456789,1]]`, Indices{Span: 123_456_789, Shallow: 2, Deep: 2}},
		{`[[1.0,2.50,7]]`, Indices{Span: 8, Shallow: 2, Deep: 2, Others: 1}},
		{`[[0.5]]`, Indices{Deep: 2, Others: 1}},
		{`[[-1.5,1e-1]]`, Indices{Deep: 2, Others: 2}},
		{`[[1e2]]`, Indices{Span: 101, Shallow: 2, Deep: 2}},
		{`[[1,-1.5E1,2]]`, Indices{Span: 15, Shallow: 2, Deep: 2}},
		{`[[10e-1]]`, Indices{Span: 2, Shallow: 2, Deep: 2}},
		{`[[99999999999999999999]]`, Indices{Span: most, Shallow: 2, Deep: 2}},
		{`[[-1e999]]`, Indices{Span: most, Shallow: 2, Deep: 2}},
		{`[[` + strings.Repeat("9", 2*MaxText) + `]]`, Indices{Span: most, Shallow: 2, Deep: 2}},
		{`[[1,[2]],3]`, Indices{Span: 4, Shallow: 1, Deep: 3}},
		{`[[[[8]]]]`, Indices{Deep: 4}},
		{`[[[1,[8],2,[[[9]]],"a",[]]]]`, Indices{Span: 3, Shallow: 3, Deep: 4, Others: 1}},
		{`[]`, Indices{Deep: 1}},
		{`[[]]`, Indices{Deep: 2}},
		{`[[],[[]],[ ]]`, Indices{Deep: 3}},
		{`[null,[true,false,"1",{"a":[1]},1]]`, Indices{Span: 2, Shallow: 2, Deep: 2, Others: 5}},
		{`null`, Indices{}},
		{`12`, Indices{}},
		{`"[[1]]"`, Indices{}},
		{`{"a":[[1]]}`, Indices{}},
	}
	for _, tt := range tests {
		if got, err := indices(t, tt.value); err != nil || got != tt.want {
			t.Errorf("%.60s: %+v, %v; want %+v", tt.value, got, err, tt.want)
		}
	}
}

func TestIndicesOfWhatIsNotJSON(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		`[[1,]`:      `at byte 5: "]", expected a value`,
		`[[,1]]`:     `at byte 3: ",", expected a value`,
		`[[01]]`:     `at byte 4: "1", expected ',' or ']'`,
		`[[-01]]`:    `at byte 5: "1", expected ',' or ']'`,
		`[[-]]`:      `at byte 4: "]", expected a digit`,
		`[[1 2]]`:    `at byte 5: "2", expected ',' or ']'`,
		`[[1}]`:      `at byte 4: "}", expected ',' or ']'`,
		`[[1.]]`:     `at byte 5: "]", expected a digit`,
		`[[1e]]`:     `at byte 5: "]", expected a digit`,
		`[[1x]]`:     `at byte 4: "x", expected ',' or ']'`,
		`[[1],[2`:    "ends after 11 bytes, in the middle", // what stands behind the value is taken for a part of it
		`[[[[1,]]]]`: `at byte 7: "]", expected a value`,
	} {
		_, err := indices(t, value)
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", value, err, want)
		}
	}
}

// standardIndices is Indices of what encoding/json makes of the value, with exact numbers. ok is false where only a float64
// tells what a number is.
func standardIndices(value any) (n Indices, ok bool) {
	var list func(elements []any, depth int) bool
	list = func(elements []any, depth int) bool {
		if n.Deep = max(n.Deep, depth); depth > MaxLists {
			return true
		}
		for _, e := range elements {
			switch e := e.(type) {
			case []any:
				if !list(e, depth+1) {
					return false
				}
			case json.Number:
				if len(e) > 40 || strings.ContainsAny(string(e), "eE") && len(e) > 6 {
					return false
				}
				r, _ := new(big.Rat).SetString(string(e))
				if f, _ := r.Float64(); !r.IsInt() && f == math.Trunc(f) || math.Abs(f) > 1<<52 {
					return false
				}
				if !r.IsInt() {
					n.Others++
					continue
				}
				i := r.Num().Int64()
				n.Span = max(n.Span, i+1, -i)
				if n.Shallow == 0 || depth < n.Shallow {
					n.Shallow = depth
				}
			default:
				n.Others++
			}
		}
		return true
	}
	elements, isList := value.([]any)
	return n, !isList || list(elements, 1)
}

func sameIndices(t *testing.T, value string) {
	t.Helper()
	got, err := indices(t, value)
	input := "[" + value + ",7]"
	if whole := json.Valid([]byte(input)) && utf8.ValidString(input); (err == nil) != whole {
		t.Fatalf("%q: %v, want an error: %v", value, err, !whole)
	}
	if err != nil {
		return
	}
	var pair []any
	d := json.NewDecoder(strings.NewReader(input))
	d.UseNumber()
	if err := d.Decode(&pair); err != nil {
		t.Fatal(err)
	}
	if want, ok := standardIndices(pair[0]); ok && got != want {
		t.Fatalf("%q: %+v, want %+v", value, got, want)
	}
}

func FuzzIndices(f *testing.F) {
	for _, seed := range []string{`[[0,-3],[7]]`, `[[[1234567,12345678,-1]],[[]]]`, `[1,[2.5,1e2,-0],"a",{}]`, `[[01]]`, `[[1,]]`, `null`, ` [ ] `} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if len(value) > MaxText || !json.Valid([]byte(value)) && json.Valid([]byte("["+value+",7]")) {
			return // two values
		}
		sameIndices(t, value)
	})
}

// TestRandomIndices: nested lists of every kind of element, written with and without white space.
func TestRandomIndices(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	others := []string{"null", "true", `"5"`, "{}", "1.5", "1e2", "-0", "2.0", "12345678", "-123456789", `{"a":[[3]]}`}
	var list func(depth int) string
	list = func(depth int) string {
		elements := make([]string, random.IntN(5))
		for i := range elements {
			switch n := random.IntN(12); {
			case n < 3 && depth < 5:
				elements[i] = list(depth + 1)
			case n == 3:
				elements[i] = others[random.IntN(len(others))]
			default:
				elements[i] = strconv.Itoa(int(math.Pow(10, 7.5*random.Float64())) * (1 - 2*random.IntN(2)))
			}
		}
		blank := []string{"", "", "", " "}[random.IntN(4)]
		return "[" + strings.Join(elements, ","+blank) + "]"
	}
	for range 200 {
		sameIndices(t, list(1))
	}
}

// TestIndicesAtTheEndOfTheBuffer: lists longer than the buffer, so that it ends at every part of an index.
func TestIndicesAtTheEndOfTheBuffer(t *testing.T) {
	t.Parallel()
	for _, element := range []string{"-1,", "1234567,", "-9999999,", "12345678,", "5 ,", "[7],", "[-7,123456],"} {
		for shift := range len(element) {
			var b bytes.Buffer
			b.WriteString("[[" + strings.Repeat(" ", shift) + "[")
			for b.Len() < 2*bufferSize {
				b.WriteString(element)
			}
			b.WriteString("123456789]],7]")
			got, err := indicesOf(&b)
			want := Indices{Span: 123_456_790, Shallow: 2, Deep: 2}
			if strings.Contains(element, "[") {
				want.Deep = 3
			}
			if err != nil || got != want {
				t.Errorf("%q after %d blanks: %+v, %v; want %+v", element, shift, got, err, want)
			}
		}
	}
}

// ringsReader repeats rings as they stand in a geometry of topo.json until it has given about n bytes.
func ringsReader(n int) io.Reader {
	ring := strings.Repeat(`[120345,-120346,7,-1048576,99],`, 1000)
	parts := []io.Reader{strings.NewReader("[")}
	for ; n > 0; n -= len(ring) {
		parts = append(parts, strings.NewReader(ring))
	}
	return io.MultiReader(append(parts, strings.NewReader("[-1]]"))...)
}

func TestIndicesTakeNoMemory(t *testing.T) {
	const size = 64 << 20
	input := ringsReader(size)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s := New(input)
	n, err := s.Indices()
	runtime.ReadMemStats(&after)
	if want := (Indices{Span: 1_048_576, Shallow: 2, Deep: 2}); err != nil || n != want || s.Offset() < size {
		t.Fatalf("%+v, %v after %d bytes; want %+v", n, err, s.Offset(), want)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
		t.Errorf("allocated %d bytes while reading %d, want at most 1 MiB", grown, s.Offset())
	}
}

func BenchmarkIndices(b *testing.B) {
	const size = 32 << 20
	b.SetBytes(size)
	for b.Loop() {
		if _, err := New(ringsReader(size)).Indices(); err != nil {
			b.Fatal(err)
		}
	}
}
