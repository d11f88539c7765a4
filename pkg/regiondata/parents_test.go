package regiondata

import (
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestReadParents(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		size int
		body string
		want []uint32
	}{
		{"bytes", 1, "\x00\x01\xff", []uint32{0, 1, 255}},
		{"two bytes, low first", 2, "\x01\x00\x00\x01", []uint32{1, 256}},
		{"four bytes, low first", 4, "\x01\x00\x00\x00\x00\x00\x01\x00", []uint32{1, 65536}},
		{"half an element at the end", 2, "\x01\x00\x02", []uint32{1}},
		{"more than are kept", 1, "\x01\x02\x03\x04", []uint32{1, 2, 3}},
		{"nothing", 4, "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, length, err := readParents(iotest.OneByteReader(strings.NewReader(tt.body)), Buffer{BytesPerElement: tt.size}, 3)
			if err != nil || length != int64(len(tt.body)) {
				t.Errorf("%d bytes, %v; want %d", length, err, len(tt.body))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCheckRange(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		buffer  Buffer
		index   uint32
		parents int
		right   bool
	}{
		{"the last parent", Buffer{BytesPerElement: 1, Unsigned: true}, 199, 200, true},
		{"one beyond", Buffer{BytesPerElement: 1, Unsigned: true}, 200, 200, false},
		{"highest that a signed byte has", Buffer{BytesPerElement: 1}, 127, 200, true},
		{"negative in a signed byte", Buffer{BytesPerElement: 1}, 150, 200, false},
		{"negative in two signed bytes", Buffer{BytesPerElement: 2}, 40_000, 50_000, false},
		{"negative in four signed bytes", Buffer{BytesPerElement: 4}, 0xffffffff, 50_000, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var f findings
			checkRange(tt.buffer, []uint32{0, tt.index}, tt.parents, &f)
			if (len(f.refused) == 0) != tt.right {
				t.Errorf("findings %v, right %v", f.refused, tt.right)
			}
		})
	}
}

func TestChildrenOf(t *testing.T) {
	t.Parallel()
	c := childrenOf(3, []uint32{2, 0, 2, 0, 0}) // not in their parents' order, and one parent without children
	for parent, want := range [][]uint32{{1, 3, 4}, {}, {0, 2}} {
		if diff := cmp.Diff(want, append([]uint32{}, c.of(parent)...)); diff != "" {
			t.Errorf("of %d: %s", parent, diff)
		}
	}
}
