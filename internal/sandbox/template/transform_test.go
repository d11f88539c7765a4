package template

import "testing"

func TestInput(t *testing.T) {
	t.Parallel()
	const event = `{"detail":{"object":{"key":"updates/a \"b\".json","size":7}},"signs":"<&>","source":"aws.s3"}`
	paths := map[string]string{"key": "$.detail.object.key", "size": "$.detail.object.size", "object": "$.detail.object", "gone": "$.detail.gone.further"}
	tests := []struct {
		name   string
		target Target
		want   string // "" for an error
	}{
		{"as it is", Target{}, event},
		{"a constant", Target{input: `{"a":1}`}, `{"a":1}`},
		{"a part", Target{inputPath: "$.detail.object.size"}, `7`},
		{"the whole by its path", Target{inputPath: "$"}, event},
		{"a path that is not supported", Target{inputPath: "$.detail[0]"}, ``},
		{"a path that is none", Target{inputPath: "detail"}, ``},
		{"texts in lines", Target{transformer: &transformer{paths, "\"<key> has <size>\"\n\"{\\\"key\\\":\\\"<key>\\\"}\""}},
			"\"updates/a \\\"b\\\".json has 7\"\n\"{\\\"key\\\":\\\"updates/a \\\"b\\\".json\\\"}\""},
		{"an object", Target{transformer: &transformer{paths, `{"key":<key>,"size":<size>,"all":<object>}`}},
			`{"key":"updates/a \"b\".json","size":7,"all":{"key":"updates/a \"b\".json","size":7}}`},
		{"an object in a text", Target{transformer: &transformer{paths, `"<object>"`}}, `"{\"key\":\"updates/a \\\"b\\\".json\",\"size\":7}"`},
		{"signs that HTML would escape", Target{transformer: &transformer{map[string]string{"s": "$.signs"}, `"<s>",<s>`}}, `"<&>","<&>"`},
		{"what is not there, in a text", Target{transformer: &transformer{paths, `"[<gone>]"`}}, `"[]"`},
		{"what is not there, alone", Target{transformer: &transformer{paths, `{"a":<gone>}`}}, ``},
		{"an unknown variable", Target{transformer: &transformer{paths, `"<nobody>"`}}, ``},
		{"an open quotation", Target{transformer: &transformer{paths, `"<key>`}}, ``},
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
