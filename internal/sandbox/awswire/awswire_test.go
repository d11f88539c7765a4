package awswire

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/google/go-cmp/cmp"
)

type input struct {
	Name    string   `json:"Name"`
	Count   *int     `json:"Count"`
	Force   bool     `json:"Force"`
	Names   []string `json:"Names"`
	Targets []pair   `json:"Targets"`
	Since   Time     `json:"Since,omitzero"`
}

type pair struct {
	ID   string `json:"Id"`
	Port int    `json:"Port"`
}

func request(protocol Protocol, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	switch protocol {
	case JSON:
		r.Header.Set("X-Amz-Target", "Logs_20140328.Do")
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	case CBOR:
		r.URL.Path = "/service/GraniteServiceVersion20100801/operation/Do"
		r.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
	default:
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func TestBind(t *testing.T) {
	t.Parallel()
	seven := 7
	want := input{Name: "a b", Count: &seven, Force: true, Names: []string{"x", "y"}, Targets: []pair{{"10.0.0.1", 3005}, {"10.0.0.2", 0}}}
	packed := cbor.Encode(cbor.Map{
		"Name": cbor.String("a b"), "Count": cbor.Uint(7), "Force": cbor.Bool(true), "Names": cbor.List{cbor.String("x"), cbor.String("y")},
		"Targets": cbor.List{cbor.Map{"Id": cbor.String("10.0.0.1"), "Port": cbor.Uint(3005)}, cbor.Map{"Id": cbor.String("10.0.0.2")}},
		"Other":   cbor.Float64(1),
	})
	tests := []struct {
		name     string
		protocol Protocol
		body     string
		service  string
	}{
		{"json", JSON, `{"Name":"a b","Count":7,"Force":true,"Names":["x","y"],"Targets":[{"Id":"10.0.0.1","Port":3005},{"Id":"10.0.0.2"}],"Other":1}`, "logs"},
		{"query", Query, "Action=Do&Version=2011-01-01&Name=a+b&Count=7&Force=true&Names.member.1=x&Names.member.2=y&Targets.member.1.Id=10.0.0.1&Targets.member.1.Port=3005&Targets.member.2.Id=10.0.0.2&Other=1", "autoscaling"},
		{"cbor", CBOR, string(packed), "monitoring"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := request(tt.protocol, tt.body)
			call, err := Parse(r)
			if err != nil {
				t.Fatal(err)
			}
			if call.Action != "Do" || call.Service != tt.service {
				t.Errorf("call = %s %s", call.Service, call.Action)
			}
			var got input
			if err := call.Bind(&got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if again, _ := io.ReadAll(r.Body); string(again) != tt.body {
				t.Error("the body cannot be read again")
			}
		})
	}
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	if _, err := Parse(request(Query, "no action")); err == nil {
		t.Error("a request without an action was read")
	}
	for protocol, body := range map[Protocol]string{JSON: `{"Count":"many"}`, Query: "Action=Do&Count=many", CBOR: "\xff"} {
		call, err := Parse(request(protocol, body))
		if err != nil {
			t.Fatal(err)
		}
		if err := call.Bind(&input{}); err == nil {
			t.Errorf("%q was read", body)
		}
	}
}

func TestReply(t *testing.T) {
	t.Parallel()
	out := input{Name: "a<b", Names: []string{"x"}, Targets: []pair{{"i", -3005}}, Since: Time{time.UnixMilli(1795377845123)}}
	tests := []struct {
		name     string
		protocol Protocol
		body     string
		want     string
	}{
		{"json", JSON, "{}", `{"Name":"a\u003cb","Count":null,"Force":false,"Names":["x"],"Targets":[{"Id":"i","Port":-3005}],"Since":1795377845.123}`},
		{"query", Query, "Action=Do&Version=2015-12-01", `<DoResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><DoResult><Name>a&lt;b</Name><Force>false</Force><Names><member>x</member></Names><Targets><member><Id>i</Id><Port>-3005</Port></member></Targets><Since>2026-11-22T20:04:05.123Z</Since></DoResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DoResponse>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			call, err := Parse(request(tt.protocol, tt.body))
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			if err := call.Reply(w, "id", out); err != nil || w.Body.String() != tt.want || w.Code != http.StatusOK {
				t.Errorf("reply %d %s, %v\nwant %s", w.Code, w.Body, err, tt.want)
			}
		})
	}
}

func TestReplyCBOR(t *testing.T) {
	t.Parallel()
	call, err := Parse(request(CBOR, ""))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	since := Time{time.UnixMilli(1795377845123)}
	if err := call.Reply(w, "id", input{Name: "n", Targets: []pair{{"i", -7}}, Since: since}); err != nil {
		t.Fatal(err)
	}
	got, err := cbor.Decode(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	m := got.(cbor.Map)
	if at, err := cbor.AsTime(m["Since"]); err != nil || !at.Equal(since.Time) {
		t.Errorf("time = %v, %v", at, err)
	}
	if port, err := cbor.AsInt64(m["Targets"].(cbor.List)[0].(cbor.Map)["Port"]); err != nil || port != -7 {
		t.Errorf("port = %d, %v", port, err)
	}
	if _, there := m["Count"]; there {
		t.Error("an absent number is there")
	}
}

func TestFail(t *testing.T) {
	t.Parallel()
	for protocol, want := range map[Protocol]string{
		JSON:  `{"__type":"Bad","message":"a < b"}`,
		Query: `<ErrorResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><Error><Type>Sender</Type><Code>Bad</Code><Message>a &lt; b</Message></Error><RequestId>id</RequestId></ErrorResponse>`,
	} {
		body := "{}"
		if protocol == Query {
			body = "Action=Do&Version=2011-01-01"
		}
		call, err := Parse(request(protocol, body))
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		if err := call.Fail(w, "id", Errorf("Bad", "a %s b", "<")); err != nil || w.Code != http.StatusBadRequest {
			t.Errorf("status %d, %v", w.Code, err)
		}
		got := strings.ReplaceAll(w.Body.String(), `\u003c`, "<")
		if got != want {
			t.Errorf("body %s\nwant %s", got, want)
		}
	}
}
