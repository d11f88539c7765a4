package jsonscan

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// uneven reads in pieces of uneven lengths, so that bytes of a longer piece still stand behind a shorter one.
type uneven struct {
	r io.Reader
	n int
}

func (u *uneven) Read(p []byte) (int, error) {
	u.n++
	return u.r.Read(p[:[]int{23, 1, 11, 2, 9, 3, 17, 5}[u.n%8]])
}

// readers give the input in whole, byte by byte, in uneven pieces, and, if it is short, in two parts of every length.
func readers(input string) []io.Reader {
	all := []io.Reader{strings.NewReader(input), iotest.OneByteReader(strings.NewReader(input)), &uneven{r: strings.NewReader(input)}}
	for i := 1; i < len(input) && len(input) < 200; i++ {
		all = append(all, io.MultiReader(strings.NewReader(input[:i]), strings.NewReader(input[i:])))
	}
	return all
}

// valid is the verdict of the scanner, which must not depend on how the input is read.
func valid(t *testing.T, input string) bool {
	t.Helper()
	check := func(r io.Reader) error {
		s := New(r)
		if err := s.Skip(); err != nil {
			return err
		}
		return s.End()
	}
	whole := check(strings.NewReader(input))
	for i, r := range readers(input) {
		if other := check(r); fmt.Sprint(whole) != fmt.Sprint(other) {
			t.Fatalf("%q: %v in whole, %v by reader %d", input, whole, other, i)
		}
	}
	return whole == nil
}

func TestSyntax(t *testing.T) {
	t.Parallel()
	inputs := []string{
		`{}`, `[]`, `0`, `-0`, `12`, `-1.5e+7`, `1E-2`, `""`, `"a\u00e9\n\"\\\/"`, `"é€😀"`, `true`, `false`, `null`, " [ 1 , 2 ] \n",
		`{"a":{"b":[{},[],{"c":null}]}}`, `[[1,2],[-3,4]]`, `"\ud83d\ude00"`, `"\ud83d"`, `[""]`,
		``, ` `, `{`, `[`, `"`, `"abc`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `[1`, `[1,`, `tru`, `-`, `1.`, `1e`, `1e+`, `"\`, `"\u12`, `"` + "\xc3",
		`[[1,2],[3,4],[5,6]]`, `[[-1.5,2.25],[0.5,-123456.789012345],[1234567,8]]`, `[1,2,-3,0,1.5,6]`, `[[1e5,2],[3,4]]`, `[[1,2e5],[3,4]]`, `[12e5,1]`,
		`[1,02]`, `[00,1]`, `[1,-]`, `[1.,2]`, `[1.5.5,2]`, `[-.5,1]`, `[[1.,2],[3,4]]`, `[[1,2.],[3,4]]`, `[[01.5,2],[3,4]]`, `[1,2`, `[1,2,`, `{"ab" :1}`, `{"ab":1,"é":2,"\\":3}`, `[[1,2],[3,4],]`, `[[1,2],[03,4],[5,6]]`, `[[1,2],[-,4],[5,6]]`, `[[1,2],[3 , 4],[0,-0],[5,6]]`, `[[1,2],[3,4],[5,6`, `[[1,2],[3,4],`,
		`[1,]`, `{"a":1,}`, `{,}`, `[,]`, `{"a" 1}`, `{a:1}`, `{"a":1 "b":2}`, `[1 2]`, `[1}`, `{"a":1]`, `01`, `+1`, `.5`, `1.e3`, `--1`, `1a`, `0x10`, `NaN`,
		`"\x"`, `"\u12g4"`, `"\u00` + "\x10" + `0"`, "\"\x01\"", "\"a\nb\"", "\"\x00\"", "\x00", "[\x00]", "[1]\x00", `[1]x`, `{}{}`, `'a'`, `True`, `nul1`, "\ufeff{}",
		"\"\xff\"", "\"\xc3(\"", "\"\xe2\x82\"", "\"\xed\xa0\x80\"", "\"\xc0\x80\"", "\xff",
		strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth), strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1),
		strings.Repeat("[", MaxDepth) + "1,[1,2],[1,2],3" + strings.Repeat("]", MaxDepth),
		strings.Repeat("[", MaxDepth) + "[1,2],[1,2]" + strings.Repeat("]", MaxDepth), strings.Repeat("[", MaxDepth-1) + "[1,2],[1,2]" + strings.Repeat("]", MaxDepth-1),
		strings.Repeat(`{"a":`, MaxDepth) + `1` + strings.Repeat("}", MaxDepth),
	}
	for _, input := range inputs {
		if got, want := valid(t, input), json.Valid([]byte(input)) && utf8.ValidString(input); got != want {
			t.Errorf("%.60q: valid = %v, want %v", input, got, want)
		}
	}
}

func FuzzSkip(f *testing.F) {
	for _, seed := range []string{`{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00",true,null,{}]}`, `[[1,2],[0,-3],[01,2],[4,5]]`, `[[`, `"\`, `[1,]`, "\"\xe2\x82\xac\"", `-0.0E+1`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		if got, want := valid(t, input), json.Valid([]byte(input)) && utf8.ValidString(input); got != want {
			t.Errorf("%q: valid = %v, want %v", input, got, want)
		}
	})
}

// decode builds the value with the scanner's other methods, so that they can be compared with encoding/json.
func decode(s *Scanner) (any, error) {
	switch s.Next() {
	case '{':
		object := map[string]any{}
		err := s.Object(func(key []byte) error {
			name := string(key)
			value, err := decode(s)
			object[name] = value
			return err
		})
		return object, err
	case '[':
		array := []any{}
		err := s.Array(func(int) error {
			value, err := decode(s)
			array = append(array, value)
			return err
		})
		return array, err
	case '"':
		text, err := s.String()
		return string(text), err
	case 't', 'f', 'n':
		return nil, s.Skip()
	}
	text, _, err := s.Text()
	return json.Number(text), err
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"a":["1",2.50,{"b":"\ud83d\ude00\ud83dx\ud83d\n"}]}`, `"\ud83d\u0041"`, `["\ude00\ud83d"]`, `[[],{}]`, `{"a":1,}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		if len(input) > MaxText || !utf8.ValidString(input) {
			return
		}
		want, wantErr := standard(input)
		same(t, input, want, wantErr)
	})
}

// same decodes the input in every way of reading it.
func same(t *testing.T, input string, want any, wantErr error) {
	t.Helper()
	for _, r := range readers(input) {
		s := New(r)
		got, err := decode(s)
		if err == nil {
			err = s.End()
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: error %v, want %v", input, err, wantErr)
		}
		if err == nil && !reflect.DeepEqual(want, got) {
			t.Fatalf("%q: %s", input, cmp.Diff(want, got))
		}
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 12)
	for _, input := range []string{
		`{"a":1,"ab" :2,"abcdefg":3,"abcdefgh":4,"abcdefghijklmnopq":5,"":6}`, `{"a\u0062":1,"c\"":2,"é":3,"abcdefgé":4,"\ud83d\ude00":5}`,
		`["\ud83d","abc\ude00"]`, `{"\ud83d":1,"abc\ude00":2}`, `["` + long + `","` + long + `\n","é` + long + `"]`, `{"` + long + `":"` + long + `"}`,
		`[1,12,123,1234,12345,123456,1234567,12345678,123456789,-1,-12345,-123456,-1234567,-12345678]`,
		`[0.1,-0.25,123456.5,1234567.5,0.12345678,0.123456789012345678,1.5e3,12E-2,0,-0,-0.0]`,
	} {
		want, err := standard(input)
		if err != nil {
			t.Fatal(err)
		}
		same(t, input, want, nil)
	}
}

// standard decodes with encoding/json; true and false become nil, as in decode.
func standard(input string) (any, error) {
	if !json.Valid([]byte(input)) {
		return nil, errors.New("not valid")
	}
	d := json.NewDecoder(strings.NewReader(input))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return withoutBools(v), err
}

func withoutBools(v any) any {
	switch v := v.(type) {
	case bool:
		return nil
	case []any:
		for i := range v {
			v[i] = withoutBools(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = withoutBools(v[k])
		}
	}
	return v
}

func TestErrorsSayWhere(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	tests := []struct {
		name  string
		input io.Reader
		want  string
	}{
		{"truncated", strings.NewReader(`[1,2`), "ends after 4 bytes, in the middle"},
		{"garbage after the value", strings.NewReader(`[1] x`), `at byte 4: "x", expected the end`},
		{"missing comma", strings.NewReader(`[1 2]`), `at byte 3: "2", expected ',' or ']'`},
		{"wrong bracket", strings.NewReader(`{"a":1]`), `at byte 6: "]", expected ',' or '}'`},
		{"not UTF-8", strings.NewReader("\"a\xff\""), "at byte 2: ff, expected UTF-8"},
		{"the reader's own error", io.MultiReader(strings.NewReader(`[1,`), iotest.ErrReader(broken)), "connection reset"},
		{"the reader's error after the value", io.MultiReader(strings.NewReader(`[1]`), iotest.ErrReader(broken)), "connection reset"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := New(tt.input)
			err := s.Skip()
			if err == nil {
				err = s.End()
			}
			if err == nil || err.Error() != tt.want {
				t.Errorf("error = %v, want %s", err, tt.want)
			}
		})
	}
}

func TestIndex(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]int{"0": 0, "99": 99, "100": -1, "-1": -1, "1.0": -1, "1e1": -1, `"1"`: -1, "01": 0, "99999999999999999999": -1, "": -1} {
		got, err := New(strings.NewReader(input)).Index(100)
		if want >= 0 && (err != nil || got != want) || want < 0 && err == nil {
			t.Errorf("Index(%q) = %d, %v; want %d", input, got, err, want)
		}
	}
}

func TestLongTextIsCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 3*MaxText)
	s := New(strings.NewReader(`["` + long + `",1` + strings.Repeat("0", 3*MaxText) + `]`))
	err := s.Array(func(int) error {
		text, ok, err := s.Text()
		if !ok || len(text) != MaxText {
			t.Errorf("%d bytes of text, want %d", len(text), MaxText)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// arcsReader repeats arcs as they stand in topo.json until it has given n bytes.
func arcsReader(n int) io.Reader {
	const head, tail = `{"objects":{},"arcs":[[[0,0]]`, `]}`
	arc := `,[[12345,67890],[12,-34],[-5,107],[88,0],[-13,-13],[240,-1]]`
	count := max(0, (n-len(head)-len(tail))/len(arc))
	block := strings.Repeat(arc, 1000)
	parts := []io.Reader{strings.NewReader(head)}
	for ; count >= 1000; count -= 1000 {
		parts = append(parts, strings.NewReader(block))
	}
	return io.MultiReader(append(parts, strings.NewReader(strings.Repeat(arc, count)+tail))...)
}

func TestMemoryStaysBounded(t *testing.T) {
	const size = 220 << 20
	input := arcsReader(size)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s := New(input)
	if err := s.Skip(); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if s.Offset() < size*9/10 {
		t.Fatalf("read only %d bytes", s.Offset())
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 2<<20 {
		t.Errorf("allocated %d bytes while reading %d, want at most 2 MiB", grown, s.Offset())
	}
}

func BenchmarkSkipArcs(b *testing.B) {
	const size = 32 << 20
	b.SetBytes(size)
	for b.Loop() {
		if err := New(arcsReader(size)).Skip(); err != nil {
			b.Fatal(err)
		}
	}
}
