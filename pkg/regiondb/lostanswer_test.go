package regiondb

import (
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

// cutter passes connections on to the server, and cuts each off after a number of writes of the client:
// the last one arrives, its answer does not.
type cutter struct {
	net.Listener
	after int32
	cut   atomic.Bool
}

func newCutter(t *testing.T, after int) *cutter {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{Listener: l, after: int32(after)}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go c.serve(client)
		}
	}()
	t.Cleanup(func() { l.Close() })
	return c
}

func (c *cutter) serve(client net.Conn) {
	defer client.Close()
	up, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(server.Port)))
	if err != nil {
		return
	}
	var silent atomic.Bool
	go func() {
		b := make([]byte, 64<<10)
		for {
			n, err := up.Read(b)
			if err != nil || silent.Load() {
				client.Close()
				return
			}
			_, _ = client.Write(b[:n])
		}
	}()
	for n := int32(1); ; n++ {
		sent, err := next(client, n)
		if err != nil {
			up.Close()
			return
		}
		if n == c.after {
			silent.Store(true)
			c.cut.Store(true)
		}
		_, _ = up.Write(sent)
	}
}

// next reads what a client has sent as one, however the network has cut or joined it: first it asks for TLS, then come TLS's records.
func next(client io.Reader, n int32) ([]byte, error) {
	sent := make([]byte, 8)
	if n > 1 {
		sent = sent[:5]
	}
	if _, err := io.ReadFull(client, sent); err != nil || n == 1 {
		return sent, err
	}
	sent = append(sent, make([]byte, binary.BigEndian.Uint16(sent[3:]))...)
	_, err := io.ReadFull(client, sent[5:])
	return sent, err
}

func TestBumpVersionsSurvivesLostAnswers(t *testing.T) {
	t.Parallel()
	if server.Host != "localhost" {
		t.Skip("the server is on another machine: nothing can be put between")
	}
	now := at("2026-11-22T20:04:05.123Z")
	db, conn := newDB(t)
	writes := countWrites(t, conn)
	committed := 0
	for after := 1; ; after++ {
		if _, err := conn.Exec(t.Context(), "TRUNCATE region_config, project, written"); err != nil {
			t.Fatal(err)
		}
		texas(t, conn)
		before := table(t, conn)
		c := newCutter(t, after)
		flaky := *db
		flaky.port = uint16(c.Addr().(*net.TCPAddr).Port)
		_, err := BumpVersions{&flaky}.Run(t.Context(), bumps(now, 1, 2))
		if err != nil && nameOf(err) != fault.Unavailable {
			t.Fatalf("cut after write %d: %v; want Unavailable", after, err)
		}
		if err != nil && !cmp.Equal(before, table(t, conn)) {
			committed++
		}
		out, err := BumpVersions{db}.Run(t.Context(), bumps(now, 1, 2))
		if err != nil {
			t.Fatalf("repeated after a cut at write %d: %v", after, err)
		}
		for _, r := range out.Rows {
			if !strings.HasSuffix(table(t, conn)[r.ID], r.New.UTC().Format(time.RFC3339Nano)) {
				t.Errorf("cut at write %d: row %s is %s, not %s", after, r.ID, table(t, conn)[r.ID], r.New)
			}
		}
		if want := []Moment{now, at("2026-11-22T20:04:05.124Z")}; !out.Rows[0].New.Equal(want[0]) || !out.Rows[1].New.Equal(want[1]) {
			t.Errorf("cut at write %d: %+v; want %v", after, out.Rows, want)
		}
		if diff := cmp.Diff(map[string]int{id(1): 1, id(2): 1}, writes()); diff != "" {
			t.Errorf("cut at write %d: writes of versions:\n%s", after, diff)
		}
		if !c.cut.Load() {
			break
		}
		if after > 60 {
			t.Fatal("the call never ends")
		}
	}
	if committed == 0 {
		t.Error("no cut fell between the commit and its answer: the test shows nothing")
	}
}
