package template

import "testing"

func TestInput(t *testing.T) {
	t.Parallel()
	const event = `{"detail":{"object":{"key":"updates/a \"b\".json","plain":"updates/ab.json","size":7}},"signs":"<&>","list":["HIGH","LOW"],"small":{"a":1},"null":null}`
	paths := map[string]string{"key": "$.detail.object.key", "plain": "$.detail.object.plain", "size": "$.detail.object.size", "object": "$.detail.object",
		"gone": "$.detail.gone.further", "list": "$.list", "small": "$.small", "null": "$.null"}
	tests := []struct {
		name   string
		target Target
		want   string // "" for an error
	}{
		{"as it is", Target{}, event},
		{"a constant", Target{input: `{"a":1}`}, `{"a":1}`},
		{"a part", Target{inputPath: "$.detail.object.size"}, `7`},
		{"an object by its path", Target{inputPath: "$.small"}, `{"a":1}`},
		{"a path that is not supported", Target{inputPath: "$.detail[0]"}, ``},
		{"a path that is none", Target{inputPath: "detail"}, ``},
		{"texts in lines", Target{transformer: &transformer{paths, "\"<plain> has <size>\"\n\"{\\\"key\\\":\\\"<plain>\\\"}\""}},
			"\"updates/ab.json has 7\"\n\"{\\\"key\\\":\\\"updates/ab.json\\\"}\""},
		{"a quotation mark in a text", Target{transformer: &transformer{paths, `"<key>"`}}, ``},
		{"an object", Target{transformer: &transformer{paths, `{"key":<key>,"size":<size>,"all":<object>}`}},
			`{"key":"updates/a \"b\".json","size":7,"all":{"key":"updates/a \"b\".json","plain":"updates/ab.json","size":7}}`},
		{"a text of an object", Target{transformer: &transformer{paths, `{"key":"at <plain>"}`}}, `{"key":"at updates/ab.json"}`},
		{"a quotation mark in a text of an object", Target{transformer: &transformer{paths, `{"key":"at <key>"}`}}, ``},
		{"an object in a text", Target{transformer: &transformer{paths, `"<list> <small>"`}}, `"[HIGH,LOW] {a:1}"`},
		{"a list in a text of an object", Target{transformer: &transformer{paths, `{"a":"<list>"}`}}, ``},
		{"signs that HTML would escape", Target{transformer: &transformer{map[string]string{"s": "$.signs"}, `"<s>"`}}, `"<&>"`},
		{"what is not there, in a text", Target{transformer: &transformer{paths, `"[<gone>]"`}}, `"[]"`},
		{"what is not there, alone", Target{transformer: &transformer{paths, `{"a":<gone>}`}}, `{"a":""}`},
		{"null", Target{transformer: &transformer{paths, `{"a":<null>}`}}, ``},
		{"a text without quotation marks", Target{transformer: &transformer{paths, `<plain> was uploaded`}}, ``},
		{"an object that is none", Target{transformer: &transformer{paths, `{"a":<plain>`}}, ``},
		{"an unknown variable", Target{transformer: &transformer{paths, `"<nobody>"`}}, ``},
		{"an open quotation", Target{transformer: &transformer{paths, `"<plain>`}}, ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.target.Input([]byte(event))
			if string(got) != tt.want || (err != nil) != (tt.want == "") {
				t.Errorf("input %s, %v\nwant  %s", got, err, tt.want)
			}
		})
	}
	if got, err := (Target{inputPath: "$.a"}).Input([]byte("{")); err == nil {
		t.Errorf("input %s of what is no event", got)
	}
}
